// The HTTP API as docs/api.md has it: one function per route. Knows nothing of the page.

import { nameIn } from './disposition'
import { documentPath, send } from './send'
import type {
  AskEvent,
  AskRequest,
  Conversation,
  ConversationHead,
  Document,
  DocumentKind,
  DocumentLinks,
  FacetsReply,
  Judgement,
  Locator,
  Mail,
  Original,
  Problem,
  SearchReply,
  SearchRequest,
  Segment,
  SimilarDocument,
  Source,
  Span,
  Status,
  Suggestion,
} from './shapes'
import { readEvents, type SseEvent } from './sse'

export type * from './shapes'

const askEvents: readonly string[] = ['route', 'first', 'evidence', 'waiting', 'reading', 'thought', 'piece', 'answer'] satisfies AskEvent['event'][]

/** What went wrong, in the API's words; `offline` and `broken_reply` are the page's own codes. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly status: number,
    /** Which characters of the query are meant (Unicode scalar values), where that is known. */
    readonly at: Span | null = null,
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

/** Any failure as an [`ApiError`]: what fetch throws by itself means that nobody answered. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof SyntaxError) return new ApiError('broken_reply', error.message, '', 0)
  return new ApiError('offline', error instanceof Error ? error.message : String(error), '', 0)
}

/** The error a body names, whether it came as a reply or as the last event of a stream. */
export function errorFromBody(body: unknown, status: number): ApiError {
  const error = (body as { error?: { code?: unknown; message?: unknown; hint?: unknown; at?: { characters?: Span } } } | null)?.error
  if (typeof error?.code === 'string') {
    return new ApiError(error.code, String(error.message ?? ''), String(error.hint ?? ''), status, error.at?.characters ?? null)
  }
  return new ApiError(status === 401 ? 'unauthorized' : 'broken_reply', `HTTP ${status}`, '', status)
}

export async function call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const reply = await send(method, path, body, signal)
  if (!reply.ok) throw errorFromBody(await reply.json().catch(() => null), reply.status)
  return reply
}

export async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const reply = await call(method, path, body, signal)
  return (await reply.json()) as T
}

async function* events(reply: Response): AsyncGenerator<SseEvent> {
  if (reply.body) yield* readEvents(reply.body)
}

export function search(request: SearchRequest, signal?: AbortSignal): Promise<SearchReply> {
  return json('POST', '/search', request, signal)
}

export function facets(request: SearchRequest, signal?: AbortSignal): Promise<FacetsReply> {
  return json('POST', '/search/facets', request, signal)
}

/** The sentence of each passage that is nearest to the query in meaning; passages without one to mark are left out. */
export async function sentences(query: string, chunks: readonly string[], signal?: AbortSignal): Promise<{ chunk_id: string; segments: Segment[] }[]> {
  return (await json<{ sentences: { chunk_id: string; segments: Segment[] }[] }>('POST', '/search/sentences', { query, chunks }, signal)).sentences
}

/** Titles, people and tags with a word that begins so. */
export async function suggest(words: string, spaces: readonly string[], signal?: AbortSignal): Promise<Suggestion[]> {
  const query = new URLSearchParams({ q: words, limit: '8' })
  for (const space of spaces) query.append('space', space)
  return (await json<{ suggestions: Suggestion[] }>('GET', `/suggest?${query}`, undefined, signal)).suggestions
}

/** Streams an answer. Ends after `answer`; throws what the event `error` carries. Aborting cancels it on the server. */
export async function* ask(request: AskRequest, signal: AbortSignal): AsyncGenerator<AskEvent> {
  const reply = await call('POST', '/ask', request, signal)
  for await (const { event, data } of events(reply)) {
    const value: unknown = JSON.parse(data)
    if (event === 'error') throw errorFromBody(value, reply.status)
    if (askEvents.includes(event)) {
      yield { ...(value as object), event } as AskEvent
      if (event === 'answer') return
    }
  }
  throw new ApiError('broken_reply', 'the stream ended before the answer', '', reply.status)
}

/** Streams the status, at once and at each change, until the connection ends. */
export async function* statusEvents(signal: AbortSignal): AsyncGenerator<Status> {
  const reply = await call('GET', '/events', undefined, signal)
  for await (const { event, data } of events(reply)) {
    if (event === 'error') throw errorFromBody(JSON.parse(data), reply.status)
    if (event === 'status') yield JSON.parse(data) as Status
  }
}

export function document(id: string, signal?: AbortSignal): Promise<Document> {
  return json('GET', documentPath(id), undefined, signal)
}

/** Where a stretch of a document's text stands. */
export async function place(id: string, span: Span, signal?: AbortSignal): Promise<Locator> {
  const path = `${documentPath(id)}/place?start=${span.start}&end=${span.end}`
  return (await json<{ locator: Locator }>('GET', path, undefined, signal)).locator
}

/** Where the file that a document was made from is; to be shown there, if it is a PDF or a picture. */
export function originalAddress(id: string): string {
  return `/api/v1${documentPath(id)}/original?show=1`
}

/** The file that a document was made from. */
export async function original(id: string, signal?: AbortSignal): Promise<Original> {
  const reply = await call('GET', `${documentPath(id)}/original`, undefined, signal)
  const { headers } = reply
  return { file: await reply.blob(), name: nameIn(headers.get('Content-Disposition') ?? ''), own: headers.get('Rushlight-Original') !== 'file' }
}

export function documentLinks(id: string, signal?: AbortSignal): Promise<DocumentLinks> {
  return json('GET', `${documentPath(id)}/links`, undefined, signal)
}

export function mail(id: string, signal?: AbortSignal): Promise<Mail> {
  return json('GET', `${documentPath(id)}/mail`, undefined, signal)
}

export async function similarDocuments(id: string, limit: number, signal?: AbortSignal): Promise<SimilarDocument[]> {
  const path = `${documentPath(id)}/similar?limit=${limit}`
  return (await json<{ documents: SimilarDocument[] }>('GET', path, undefined, signal)).documents
}

export function addSource(path: string, space: string): Promise<Source> {
  return json('POST', '/sources', { path, space })
}

export async function removeSource(id: number): Promise<void> {
  await call('DELETE', `/sources/${id}`)
}

export async function scanSource(id: number): Promise<void> {
  await call('POST', `/sources/${id}/scan`)
}

export async function pauseSource(id: number): Promise<void> {
  await call('POST', `/sources/${id}/pause`)
}

export async function resumeSource(id: number): Promise<void> {
  await call('POST', `/sources/${id}/resume`)
}

/** Lets every folder's files wait. */
export async function pauseAll(): Promise<void> {
  await call('POST', '/pause')
}

export async function resumeAll(): Promise<void> {
  await call('POST', '/resume')
}

export function problems(
  filter: { source: number | null; limit: number; offset: number },
  signal?: AbortSignal,
): Promise<{ total: number; problems: Problem[] }> {
  const query = new URLSearchParams({ limit: String(filter.limit), offset: String(filter.offset) })
  if (filter.source !== null) query.set('source', String(filter.source))
  return json('GET', `/problems?${query}`, undefined, signal)
}

/** All of them, or those in which the words stand. */
export async function conversations(words = '', signal?: AbortSignal): Promise<ConversationHead[]> {
  const query = words === '' ? '' : `?${new URLSearchParams({ q: words })}`
  return (await json<{ conversations: ConversationHead[] }>('GET', `/conversations${query}`, undefined, signal)).conversations
}

export async function renameConversation(id: string, title: string): Promise<void> {
  await call('PATCH', `/conversations/${encodeURIComponent(id)}`, { title })
}

/** Where a conversation is, as a file to be saved. */
export function conversationFile(id: string, format: 'markdown' | 'json'): string {
  return `/api/v1/conversations/${encodeURIComponent(id)}/export?format=${format}`
}

/** Where the receipt of an answer is. */
export function receiptFile(id: string): string {
  return `/api/v1/receipts/${encodeURIComponent(id)}`
}

export function conversation(id: string, signal?: AbortSignal): Promise<Conversation> {
  return json('GET', `/conversations/${encodeURIComponent(id)}`, undefined, signal)
}

export async function deleteConversation(id: string): Promise<void> {
  await call('DELETE', `/conversations/${encodeURIComponent(id)}`)
}

/** Keeps that a passage is right for a query, or not. */
export function judge(said: {
  query: string
  document_id: string
  chunk_id: string
  right: boolean
  spaces: string[]
  kinds: DocumentKind[]
}): Promise<Judgement> {
  return json('POST', '/judgements', said)
}

/** Kept judgements, of one query or of all, the newest first. */
export function judgements(
  filter: { query?: string; limit: number; offset: number },
  signal?: AbortSignal,
): Promise<{ total: number; judgements: Judgement[] }> {
  const query = new URLSearchParams({ limit: String(filter.limit), offset: String(filter.offset) })
  if (filter.query !== undefined) query.set('query', filter.query)
  return json('GET', `/judgements?${query}`, undefined, signal)
}

export async function removeJudgement(id: string): Promise<void> {
  await call('DELETE', `/judgements/${encodeURIComponent(id)}`)
}

/** Where the judgements are, as a set of questions to be saved. */
export const judgementsFile = '/api/v1/judgements/set'
