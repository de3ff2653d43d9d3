// The shapes of the HTTP API, as docs/api.md has them.

export interface Span {
  start: number
  end: number
}

/** A rectangle on a page as it is shown, in thousandths of its width and height from the upper left corner. */
export interface Area {
  page: number
  left: number
  top: number
  right: number
  bottom: number
}

export type Locator =
  | { kind: 'whole' }
  | { kind: 'lines'; first: number; last: number }
  /** Without areas where it is not known where on the pages. */
  | { kind: 'pages'; first: number; last: number; areas?: Area[] }
  | { kind: 'message_part'; part: string; first: number; last: number }
  | { kind: 'cells'; sheet: string; first: number; last: number }

export type DocumentKind = 'note' | 'text' | 'html' | 'mail' | 'pdf' | 'table' | 'document' | 'slides' | 'image'

/** A run of text, and whether it is to be highlighted. */
export interface Segment {
  text: string
  mark: boolean
  /** What is marked: a word of the search where it is left out, or the sentence nearest to it in meaning. */
  kind?: 'word' | 'sentence'
}

export interface Hit {
  chunk_id: string
  document_id: string
  content_hash: string
  title: string
  path: string
  part: string
  kind: DocumentKind
  date: string | null
  space: string
  heading_path: string[]
  locator: Locator
  label: string
  span: Span
  text: string
  segments: Segment[]
  scores: { keyword: number | null; semantic: number | null; fused: number; reranked?: number }
  /** How sure the recogniser is of what was recognised of it, in per cent; left out where nothing was. */
  confidence?: number
  /** The folder is not there now; the text is as it was last seen. */
  offline: boolean
  also_at: { document_id: string; path: string; part: string; offline: boolean }[]
  /** Other passages of the same document, best first; kept answers of earlier versions have none of these three. */
  more?: MorePassage[]
  /** Other documents found that stand behind this hit, newest first. */
  related?: RelatedDocument[]
  /** Why it is where it is, where that was asked for. */
  why?: Why
}

export interface MorePassage {
  chunk_id: string
  heading_path: string[]
  locator: Locator
  label: string
  span: Span
  segments: Segment[]
}

export interface RelatedDocument {
  document_id: string
  content_hash: string
  title: string
  path: string
  part: string
  date: string | null
  relation: 'version' | 'conversation'
}

export interface Why {
  /**
   * What the score is made of; the shares add up to it. `name`: `words`, `meaning`, `coverage`; `recency`, whose share is
   * what age takes away: zero or negative.
   */
  parts: { name: string; value: number; weight: number; share: number }[]
  /** What the score of the words is made of. */
  terms: WhyTerm[]
  /** What changed its place after the scores: `guaranteed`, `reranked`. */
  notes: string[]
}

export interface WhyTerm {
  typed: string
  /** `exact`, `stem`, `variant`, `prefix`, `correction`, `phrase`, `piece`. */
  how: string
  /** `field`: `title`, `keywords`, `headings`, `text`. */
  found: { field: string; term: string; count: number }[]
  /** Passages of the space that hold it and that may be found; null where that is not counted. */
  chunks: number | null
  share: number
}

export interface Citation {
  number: number
  document_id: string
  content_hash: string
  title: string
  path: string
  part: string
  /** The document's; citations kept by earlier versions lack it. */
  date?: string
  space: string
  locator: Locator
  label: string
  quote: string
  span: Span
  /** How sure the recogniser is of its passage, in per cent; left out where nothing was recognised. */
  confidence?: number
}

export type AnswerKind = 'fact' | 'list' | 'summary' | 'comparison'

/** How a question was taken. */
export interface AnswerRoute {
  as: AnswerKind
  /** The words of the question that decided it. */
  because: string | null
  /** The question as it was searched, where it leaned on an earlier one. */
  standalone: string | null
  /** The question in the other of Chinese and English, where it was asked of the documents in that language. */
  translated: string | null
  /** For a list: what was walked, in the query language. */
  query: string | null
  /** For a summary or a comparison: the documents. */
  documents: { document_id: string; content_hash: string; title: string; path: string; date: string | null }[]
}

export interface AnswerRow {
  /** The number of its citation. */
  citation: number
  title: string
  from: string | null
  date: string | null
  /** Other versions of it that are no rows of their own. */
  versions: number
}

export interface AnswerTable {
  rows: AnswerRow[]
  /** More than the rows where the table is cut. */
  total: number
  /** Documents that were looked at for it. */
  walked: number
}

/** Where the documents say different things: numbers of citations, the newest first, and what each of them has. */
export interface Disagreement {
  citations: number[]
  values: string[]
}

export type Grounding = 'grounded' | 'partial' | 'not_found'

export interface Coverage {
  documents: number
  documents_by_meaning: number
  files_not_searched: number
  unreadable_pages: number
  spaces: string[]
}

export interface Answer {
  text: string
  grounding: Grounding
  citations: Citation[]
  closest: Hit[]
  coverage: Coverage
  /** Answers kept by earlier versions may lack these six. */
  route?: AnswerRoute
  table?: AnswerTable | null
  disagreements?: Disagreement[]
  /** Sentences that the model wrote and no passage carries; they are not in the text. */
  dropped?: number
  left_out?: { hits: number; sentences: number }
  signals?: { probability: number | null }
  model: string
  generation: {
    prompt_tokens: number
    cached_tokens: number
    generated_tokens: number
    prompt_ms: number
    generation_ms: number
  } | null
}

export interface Counts {
  seen: number
  indexed: number
  skipped: number
  failed: number
  waiting: number
}

export interface Source {
  id: number
  root: string
  space: string
  online: boolean
  paused: boolean
  watching: 'events' | 'polling' | 'none'
  notice: string
  last_scan: string | null
  counts: Counts
}

export interface Space {
  name: string
  documents: number
  chunks: number
  chunks_embedded: number
  text_bytes: number
}

export type ModelState = 'ready' | 'loading' | 'missing' | 'unloaded' | 'failed'

export interface Model {
  id: string
  state: ModelState
  message: string
}

export type Activity = 'idle' | 'scanning' | 'indexing' | 'embedding' | 'recognising'

export interface Status {
  version: string
  counts: Counts
  embedding: { done: number; waiting: number }
  /** Pages without text of their own; `recogniser` is null where reading them is switched off. */
  scans: { read: number; waiting: number; unreadable: number; recogniser: Model | null }
  activity: Activity
  files_per_second: number
  remaining: { by_word: number | null; by_meaning: number | null }
  models: { language: Model; embedding: Model }
  sources: Source[]
  spaces: Space[]
}

export interface SearchRequest {
  query: string
  spaces?: string[]
  kinds?: DocumentKind[]
  limit?: number
  /** The query is not finished: what is unfinished in it is forgiven, and only words are searched. A space ends the last of them. */
  typing?: boolean
  /** How many minutes the asker's clock is ahead of UTC. */
  utc_offset?: number
  /** Newer documents are raised among equals. */
  recent?: boolean
  /** One hit of a document's passages, a conversation's mails, a document's versions. */
  grouped?: boolean
  /** Each hit says why it is where it is. */
  explain?: boolean
  /** In any order but that of relevance only words are searched. */
  sort?: Sort
}

export type Sort = 'relevance' | 'newest' | 'oldest' | 'title'

/** Which documents are counted or listed: those with all the words, with one of them because none has all, or there are no words. */
export type Covers = 'all_words' | 'any_word' | 'filters'

export type FacetName = 'type' | 'space' | 'folder' | 'person' | 'tag' | 'year'

export interface FacetValue {
  value: string
  documents: number
  chosen: boolean
  /** The query with it as well; where it is chosen, without it. */
  query: string
}

/** Documents counted, not passages. */
export interface FacetsReply {
  covers: Covers
  documents: number
  facets: { facet: FacetName; values: FacetValue[]; more: number }[]
  /** The query without any value that it chooses. */
  bare: string
}

export interface SearchReply {
  hits: Hit[]
  degraded: { leg: string; message: string }[]
  timings: Timings
  /** Words that occur nowhere, and what was searched in their stead. */
  corrections: { typed: string; meant: string }[]
  /** How the query was read, where it is more than words. */
  understood: Understood[]
  weighing?: Weighing
  /** What a list is made of that was sorted by anything but relevance. */
  sorted?: { by: Sort; covers: Covers; documents: number }
}

export interface Understood {
  /** `words`, `required`, `without`, or a field's name. */
  label: string
  /** In the query language. */
  text: string
}

/** The weight of meaning against words, 0 to 1, and what moved it. */
export interface Weighing {
  semantic: number
  because: { feature: string; by: number }[]
}

export interface Timings {
  keyword_us: number
  embed_us: number
  vector_us: number
  rerank_us: number
  total_us: number
}

export type SuggestionKind = 'title' | 'person' | 'tag'

export interface Suggestion {
  kind: SuggestionKind
  text: string
  documents: number
  /** What to search for it. */
  query: string
}

export interface Passage {
  number: number
  title: string
  path: string
  label: string
  document_id: string
  text: string
}

export interface AskRequest {
  question: string
  spaces: string[]
  kinds: DocumentKind[]
  conversation: string | null
  /** How it is to be taken; left out: as its words say. */
  as?: AnswerKind
}

export type AskEvent =
  | ({ event: 'route' } & AnswerRoute)
  /** The sentence that fits best, until the answer replaces it. */
  | { event: 'first'; citation: Citation }
  | { event: 'evidence'; passages: Passage[] }
  /** The model is busy: so many questions are answered before this one. */
  | { event: 'waiting'; ahead: number }
  | { event: 'reading'; done: number; total: number }
  /** What a model thinks before it answers. */
  | { event: 'thought'; text: string }
  | { event: 'piece'; text: string }
  | { event: 'answer'; answer: Answer; conversation: string | null; receipt?: string | null }

export interface Section {
  label: string
  kind: string
  level?: number | null
  span: Span
  text: string
  /** The white space that parts it from the section before; left out where there is none. */
  before?: string
  areas?: Area[]
  /** How sure the recogniser is of what was recognised of it, in per cent; left out where nothing was. */
  confidence?: number
}

export interface Document {
  document_id: string
  title: string
  path: string
  part: string
  kind: DocumentKind
  media_type: string
  date: string | null
  space: string
  content_hash: string
  authors: string[]
  recipients: string[]
  thread_id: string | null
  list: string | null
  tags: string[]
  language: string | null
  attachments: unknown[]
  aliases: string[]
  links: { kind: 'name' | 'path'; target: string; fragment: string | null; embedded: boolean }[]
  pages: number | null
  unreadable_pages: number[]
  warnings: { code: string; message: string }[]
  sections: Section[]
}

/** What a document was made from. */
export interface Original {
  file: Blob
  name: string
  /** False when it is a file that holds the document, which cannot be taken out. */
  own: boolean
}

/** A document, as far as it takes to name it. */
export interface DocumentName {
  document_id: string
  title: string
  path: string
  part: string
  kind: DocumentKind
  date: string | null
}

/** A link as it is written, and the document it means; null where it leads nowhere. */
export interface OutgoingLink {
  kind: 'name' | 'path'
  target: string
  document: DocumentName | null
}

export interface DocumentLinks {
  /** In order. */
  outgoing: OutgoingLink[]
  backlinks: { total: number; documents: { document: DocumentName; links: number; span: Span | null; text: string }[] }
  thread: { document: DocumentName; from: string[] }[]
}

/** What a mail is read with. */
export interface Mail {
  /** The conversation's mails in order, of a long one those around this one; `before` stand before the first. */
  thread: { total: number; before: number; mails: ThreadMail[] }
  attachments: Attachment[]
}

export interface ThreadMail {
  document: DocumentName
  from: string[]
  /** How it begins, without what it quotes. */
  opening: string
}

export interface Attachment {
  name: string
  media_type: string | null
  bytes: number | null
  /** Null where it is no document itself. */
  document_id: string | null
  kind: DocumentKind | null
  /** What lies in it, where it is none itself. */
  inside: { total: number; documents: DocumentName[] }
  reason: { code: string; message: string } | null
}

export interface SimilarDocument {
  document: DocumentName
  similarity: number
}

export interface Problem {
  source_id: number
  path: string
  status: 'skipped' | 'failed' | 'warning'
  code: string
  message: string
  hint: string
  retryable: boolean
  attempts: number
}

export interface ConversationHead {
  id: string
  title: string
  updated: string
  turns: number
}

export interface Conversation {
  id: string
  title: string
  turns: { asked: string; question: string; answer: Answer; receipt?: string | null }[]
}

/** What was said of a search: that a document, or the passage with this quote, is right for a query, or not. */
export interface Judgement {
  id: string
  query: string
  document_id: string
  /** A line of the passage; empty when the document is meant. */
  quote: string
  right: boolean
  title: string
  path: string
  part: string
  spaces: string[]
  kinds: DocumentKind[]
  judged: string
  /** The document is no longer there. */
  gone: boolean
}
