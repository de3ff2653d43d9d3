// A stand-in for `rushlight serve`: the routes of docs/api.md over a small fixture folder, so that the page can be worked
// on and its tests can run without the program. Serves web/dist with the content security policy of the real server.
// Usage: node mock-server.mjs [FOLDER SPACE]...

import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { isWritten, mailSections, readMail } from './harness/mails.mjs'
import { paged, pagedSections, placeOf } from './harness/originals.mjs'
import { upkeep } from './mock-upkeep.mjs'

const dist = fileURLToPath(new URL('../../web/dist/', import.meta.url))
const token = randomBytes(32).toString('hex')
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const mediaTypes = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json' }
const kinds = { '.md': 'note', '.txt': 'text', '.log': 'text', '.html': 'html', '.eml': 'mail', '.csv': 'table' }
const typesOfKind = { note: 'text/markdown', text: 'text/plain', html: 'text/html', mail: 'message/rfc822', table: 'text/csv' }
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds))
const bytes = (text) => Buffer.byteLength(text)
const hash = (text) => createHash('sha256').update(text).digest('hex').slice(0, 32)

const state = { sources: [], documents: new Map(), problems: [], conversations: [], judgements: [], receipts: new Map(), next: 1, listeners: new Set() }

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? walk(path) : [path]
  })
}

function addSource(root, space) {
  const source = { id: state.next++, root, space, online: true, paused: false, watching: 'events', notice: '', last_scan: new Date().toISOString(), counts: null }
  const counts = { seen: 0, indexed: 0, skipped: 0, failed: 0, waiting: 0 }
  for (const path of walk(root)) {
    const kind = kinds[extname(path)]
    counts.seen++
    if (paged[basename(path)]) {
      counts.indexed++
      const document = parsePaged(path, paged[basename(path)], source)
      state.documents.set(document.document_id, document)
      continue
    }
    if (!kind) {
      counts.skipped++
      state.problems.push(problem(source, path, 'skipped', 'unsupported', 'no reader for this format'))
      continue
    }
    const text = readFileSync(path, 'utf8')
    if (text.trim() === '') {
      counts.skipped++
      state.problems.push(problem(source, path, 'skipped', 'empty', 'the file is empty'))
      continue
    }
    counts.indexed++
    const documents = kind === 'mail' && isWritten(text) ? parseMail(path, text, source) : [parse(path, kind, text, source)]
    for (const document of documents) state.documents.set(document.document_id, document)
  }
  source.counts = counts
  state.sources.push(source)
  changed()
  return source
}

function problem(source, path, status, code, message) {
  return { source_id: source.id, path: path.slice(source.root.length + 1), status, code, message, hint: '', retryable: false, attempts: 1 }
}

function parse(path, kind, text, source) {
  const sections = kind === 'table' ? rowSections(text) : blockSections(text)
  const title = /^# (.+)$/m.exec(text)?.[1] ?? basename(path, extname(path))
  return {
    document_id: hash(path), title, path, part: '', kind, media_type: typesOfKind[kind], date: statSync(path).mtime.toISOString(), space: source.space,
    content_hash: hash(text), authors: [], recipients: [], tags: [], language: null, attachments: [], pages: null, unreadable_pages: [], warnings: [],
    sections, source: source.id,
  }
}

/** Stretches of a text as sections, with the white space that parts them. */
function sectionsAt(text, stretches, describe) {
  let done = 0
  let at = 0
  return stretches.map(({ index, content }, number) => {
    const before = text.slice(done, index)
    const start = at + bytes(before)
    done = index + content.length
    at = start + bytes(content)
    return { ...describe(content, index, number), span: { start, end: at }, text: content, ...(before && { before }) }
  })
}

/** What empty lines part. */
function blockSections(text) {
  const stretches = [...text.matchAll(/^---\n[^]*?\n---(?=\n)|(?:[^\n]*\S[^\n]*\n?)+/g)].map(({ 0: block, index }) => ({ index, content: block.trimEnd() }))
  let [line, at] = [1, 0]
  return sectionsAt(text, stretches, (content, index) => {
    const first = line + text.slice(at, index).split('\n').length - 1
    const last = first + content.split('\n').length - 1
    ;[line, at] = [last, index + content.length]
    const level = /^(#+) /.exec(content)?.[1].length
    const kind = level ? 'heading' : index === 0 && /^---\n[^]*\n---$/.test(content) ? 'metadata' : 'paragraph'
    return { label: first === last ? `line ${first}` : `lines ${first}–${last}`, locator: { kind: 'lines', first, last }, kind, level: level ?? 0 }
  })
}

/** Rows, of which the first names the columns unless a number is in it. */
function rowSections(text) {
  const rows = [...text.matchAll(/(?:"(?:[^"]|"")*"|[^"\n])+/g)].filter(({ 0: row }) => row.trim() !== '')
  return sectionsAt(text, rows.map(({ 0: row, index }) => ({ index, content: row.trimEnd() })), (content, _, number) => ({
    label: `row ${number + 1}`, locator: { kind: 'cells', sheet: '', first: number + 1, last: number + 1 },
    kind: number === 0 && !/(^|[,;])[\d.]*([,;]|$)/.test(content) ? 'table_header' : 'table_row', level: 0,
  }))
}

function parsePaged(path, { kind, media_type, title, pages, language, ...rest }, source) {
  return { ...parse(path, kind, '', source), title, media_type, pages, language, content_hash: hash(readFileSync(path)), sections: pagedSections(rest) }
}

/** The documents of a mail, which know their attachments' documents by their part. */
function parseMail(path, text, source) {
  return readMail(text).map(({ blocks, attached, ...rest }) => ({
    ...parse(path, 'mail', '', source), ...rest, document_id: hash(path + rest.part), content_hash: hash(text), list: null, aliases: [], links: [],
    attachments: attached.map((one) => one.name), sections: mailSections(blocks),
    attached: attached.map(({ part, ...one }) => ({ ...one, document_id: one.kind ? hash(path + part) : null })),
  }))
}

/** What a mail is read with. */
function mail(document) {
  const own = (text) => text.split(/\s+/).join(' ')
  const mails = [...state.documents.values()]
    .filter((one) => one.kind === 'mail' && document.thread_id && one.thread_id === document.thread_id && one.space === document.space)
    .sort((one, other) => (one.date < other.date ? -1 : 1))
    .map((one) => ({ document: named(one), from: one.authors, opening: own(one.sections.find((section) => section.kind === 'paragraph')?.text ?? '') }))
  return { thread: { total: mails.length, before: 0, mails }, attachments: document.attached ?? [] }
}

/** The file itself, as long as it is the one that was indexed. */
function original(document, shown, reply) {
  const { path, media_type, content_hash } = document
  if (!existsSync(path)) return fail(reply, 'file_vanished', 404, `\`${basename(path)}\` is gone`)
  const content = readFileSync(path)
  if (hash(content) !== content_hash) return fail(reply, 'file_changed', 409, `\`${basename(path)}\` is no longer the file that was indexed`)
  const type = ['application/pdf', 'image/png'].includes(media_type) ? media_type : 'application/octet-stream'
  const disposition = shown && type === media_type ? 'inline' : 'attachment'
  reply.setHeader('Content-Security-Policy', "sandbox; default-src 'none'; frame-ancestors 'none'")
  reply.setHeader('X-Content-Type-Options', 'nosniff')
  reply.writeHead(200, {
    'Content-Type': type, 'Content-Disposition': `${disposition}; filename="file"; filename*=UTF-8''${encodeURIComponent(basename(path))}`,
    'Rushlight-Original': 'document', 'Cache-Control': 'no-store',
  }).end(content)
}

const named = ({ document_id, title, path, part, kind, date }) => ({ document_id, title, path, part, kind, date })
const stem = (path) => basename(path, extname(path)).toLowerCase()

/** Links by name, `[[tea]]`, and by path, `[tea](drinks/tea.md)`. */
function links(document) {
  const others = [...state.documents.values()].filter((other) => other.space === document.space && other !== document)
  const targets = (text) => [...text.matchAll(/\[\[([^\]|#]+)[^\]]*\]\]/g)].map((found) => found[1].trim())
  const paths = (text) => [...text.matchAll(/\]\((?![a-z]+:|#|\/\/)([^)#\s]+)/gi)].map((found) => found[1])
  const link = (kind, target, found) => ({ kind, target, fragment: null, embedded: false, document: found ? named(found) : null })
  const outgoing = document.sections.flatMap(({ text }) => [
    ...targets(text).map((target) => link('name', target, others.find((other) => stem(other.path) === target.toLowerCase()))),
    ...paths(text).map((target) => link('path', target, others.find((other) => other.path === join(dirname(document.path), target)))),
  ])
  const documents = others.flatMap((other) => {
    const section = other.sections.find(({ text }) => targets(text).some((target) => target.toLowerCase() === stem(document.path)))
    return section ? [{ document: named(other), links: 1, fragment: null, span: section.span, text: section.text }] : []
  })
  return { outgoing, backlinks: { total: documents.length, documents }, thread: [] }
}

/** What shares most words. */
function similar(document, limit) {
  const text = (one) => new Set(one.sections.flatMap((section) => words(section.text)).filter((word) => word.length > 3))
  const own = text(document)
  const shared = (other) => [...text(other)].filter((word) => own.has(word)).length
  const documents = [...state.documents.values()].filter((other) => other.space === document.space && other !== document && shared(other) > 0)
  const ranked = documents.sort((a, b) => shared(b) - shared(a)).slice(0, limit)
  return { documents: ranked.map((other) => ({ document: named(other), similarity: shared(other) / own.size })) }
}

function words(query) {
  return query.toLowerCase().match(/[\p{sc=Han}]{2}|[\p{sc=Han}]|[\p{L}\p{N}]+/gu) ?? []
}

const fields = ['title', 'from', 'to', 'subject', 'path', 'tag', 'lang', 'thread', 'type', 'space', 'folder', 'has', 'date', 'after', 'before']

/** What the query language refuses, as far as the tests need it: a quote that is not closed, a field that does not exist. */
function fault(query) {
  const quotes = [...query.matchAll(/"/g)]
  if (quotes.length % 2 === 1) return { message: 'this quote is not closed', hint: 'close it, or take it away', start: quotes.at(-1).index, length: 1 }
  const field = [...query.matchAll(/(?<![^\s(])([a-z]+):(?=[^\s/])/g)].find((found) => !fields.includes(found[1]))
  return field && { message: 'there is no field of this name', hint: `fields are ${fields.join(', ')}; put quotes around it all to search for it as text`, start: field.index, length: field[1].length }
}

function refused(query, { message, hint, start, length }) {
  const span = (measure) => ({ start: measure(query.slice(0, start)), end: measure(query.slice(0, start + length)) })
  return { error: { code: 'query_invalid', message, hint, at: { bytes: span(bytes), characters: span((text) => [...text].length) } } }
}

const facetFields = { type: 'type', space: 'space', folder: 'folder', person: 'from', tag: 'tag', year: 'date' }
const value = String.raw`"[^"]*"|[^\s()"]+`
const asked = String.raw`(?:${Object.values(facetFields).join('|')}):(?:${value})`

/** What a query chooses of facets: a field, or several of one joined with OR in parentheses. */
function chosenParts(query) {
  const found = query.matchAll(new RegExp(String.raw`(?<!\S)(?:${asked}|\(${asked}(?: OR ${asked})*\))(?!\S)`, 'g'))
  return [...found].map((part) => {
    const choices = [...part[0].matchAll(new RegExp(asked, 'g'))].map(([written]) => ({ written, field: written.split(':')[0], value: written.slice(written.indexOf(':') + 1).replaceAll('"', '') }))
    return { start: part.index, end: part.index + part[0].length, field: choices[0].field, choices }
  })
}

function rewritten(query, parts, anew) {
  let rest = ''
  let at = 0
  for (const part of parts) {
    const written = anew(part)
    rest += query.slice(at, part.start) + (written.length > 1 ? `(${written.join(' OR ')})` : (written[0] ?? ''))
    at = part.end
  }
  return (rest + query.slice(at)).replace(/ +/g, ' ').trim()
}

/** The values of a document, by field. */
function valuesOf(document) {
  const { root } = state.sources.find((source) => source.id === document.source)
  return { type: [document.kind], space: [document.space], folder: [root], from: document.authors, tag: document.tags, date: [document.date.slice(0, 4)] }
}

const meets = (document, { field, value }) => valuesOf(document)[field].some((own) => own === value || (field === 'folder' && basename(own) === value))

const documentWords = (document) => [document.title, document.path, ...document.sections.map((section) => section.text)].join('\n').toLowerCase()

/** The documents that hold the words of a query and meet its choices, those of one field aside. */
function holding(query, aside, covers) {
  const parts = chosenParts(query)
  const bare = rewritten(query, parts, () => [])
  const terms = words(read(bare).plain)
  const with_ = (all) => (document) => terms.length === 0 || (all ? terms.every((term) => documentWords(document).includes(term)) : terms.some((term) => documentWords(document).includes(term)))
  const everything = [...state.documents.values()]
  const which = covers ?? (terms.length === 0 ? 'filters' : everything.some(with_(true)) ? 'all_words' : 'any_word')
  const restricting = parts.filter((part) => part.field !== aside)
  const documents = everything.filter(with_(which !== 'any_word')).filter((document) => restricting.every((part) => part.choices.some((choice) => meets(document, choice))))
  return { documents, covers: which, bare, parts }
}

function facets({ query }) {
  const { documents, covers, bare, parts } = holding(query)
  const counts = Object.entries(facetFields).map(([facet, field]) => {
    const own = parts.filter((part) => part.field === field)
    const counted = new Map()
    for (const document of holding(query, field, covers).documents) for (const one of valuesOf(document)[field]) counted.set(one, (counted.get(one) ?? 0) + 1)
    const is = (one) => (choice) => choice.value === one || (field === 'folder' && basename(one) === choice.value)
    for (const choice of own.flatMap((part) => part.choices)) if (![...counted.keys()].some((one) => is(one)(choice))) counted.set(choice.value, 0)
    const values = [...counted].map(([one, count]) => {
      const chosen = own.some((part) => part.choices.some(is(one)))
      const shown = field === 'folder' ? basename(one) : one
      const written = `${field}:${/^[\p{L}\p{N}][\p{L}\p{N}\-_/]*$/u.test(shown) ? shown : `"${shown}"`}`
      const next = chosen
        ? rewritten(query, parts, (part) => part.choices.filter((choice) => part.field !== field || !is(one)(choice)).map((choice) => choice.written))
        : own.length > 0
          ? rewritten(query, parts, (part) => [...part.choices.map((choice) => choice.written), ...(part === own[0] ? [written] : [])])
          : `${query.trim()} ${written}`.trim()
      return { value: one, documents: count, chosen, query: next }
    })
    values.sort((a, b) => b.documents - a.documents || (a.value < b.value ? -1 : 1))
    return { facet, values: values.slice(0, 20), more: Math.max(0, values.length - 20) }
  })
  return { covers, documents: documents.length, facets: counts, bare, took_us: 700 }
}

/** Fields are named and, but for those of facets, not searched in. */
function read(query) {
  const found = [...query.matchAll(/(?<!\S)\(?([a-z]+):("[^"]*"|[^\s()]+)\)?/g)].filter((one) => fields.includes(one[1]))
  const plain = found.reduce((rest, one) => rest.replace(one[0], ''), query).replace(/\bOR\b/g, '').trim()
  const aspects = found.map((one) => ({ label: one[1], text: /^\d{4}$/.test(one[2]) ? `${one[2]}-01-01` : one[2] }))
  return { plain, understood: found.length === 0 ? [] : [...(plain ? [{ label: 'words', text: plain }] : []), ...aspects] }
}

function search({ query, spaces = [], kinds: wanted = [], limit = 10, grouped = true, explain = false, sort = 'relevance' }) {
  const { plain, understood } = read(query)
  const choices = chosenParts(query)
  const sorted = sort === 'relevance' ? undefined : holding(query)
  const terms = words(plain).filter((term) => !['the', 'is', 'at', 'what', 'of', 'a', 'to', 'how'].includes(term))
  const hits = []
  for (const document of state.documents.values()) {
    if (spaces.length > 0 && !spaces.includes(document.space)) continue
    if (wanted.length > 0 && !wanted.includes(document.kind)) continue
    if (!choices.every((part) => part.choices.some((choice) => meets(document, choice)))) continue
    if (sorted && !sorted.documents.includes(document)) continue
    document.sections.forEach((section, index) => {
      const low = section.text.toLowerCase()
      const found = terms.filter((term) => low.includes(term))
      if ((terms.length > 0 && found.length === 0) || section.kind === 'heading') return
      const score = terms.length > 0 ? found.length / terms.length : 1
      const heading = document.sections.slice(0, index).findLast((one) => one.kind === 'heading')
      hits.push({
        chunk_id: `${document.document_id}-${index}`, document_id: document.document_id, content_hash: document.content_hash, title: document.title,
        path: document.path, part: '', kind: document.kind, date: document.date, space: document.space,
        heading_path: heading ? [heading.text.replace(/^#+ /, '')] : [], locator: section.locator, label: section.label, text: section.text,
        segments: highlight(section.text, found), scores: { keyword: score * 8, semantic: null, fused: score }, span: section.span, offline: false, also_at: [],
        more: [], related: [], ...(explain && { why: terms.length > 0 && !sorted ? why(found, low, score) : { parts: [], terms: [], notes: [sorted ? sort : 'newest'] } }),
      })
    })
  }
  hits.sort((a, b) => b.scores.fused - a.scores.fused)
  if (sorted) {
    const newest = (a, b) => (a.date < b.date ? 1 : a.date > b.date ? -1 : 0)
    const byTitle = (a, b) => (a.title.toLowerCase() < b.title.toLowerCase() ? -1 : 1)
    const list = inDocuments(hits).map((hit) => ({ ...hit, more: [] })).sort(sort === 'title' ? byTitle : newest)
    if (sort === 'oldest') list.reverse()
    return { hits: list.slice(0, limit), understood, sorted: { by: sort, covers: sorted.covers, documents: sorted.documents.length } }
  }
  return { hits: (grouped ? inDocuments(hits) : hits).slice(0, limit), understood }
}

function inDocuments(hits) {
  const first = new Map()
  for (const hit of hits) {
    const { chunk_id, heading_path, locator, label, span, segments } = hit
    if (first.has(hit.document_id)) first.get(hit.document_id).more.push({ chunk_id, heading_path, locator, label, span, segments })
    else first.set(hit.document_id, hit)
  }
  return [...first.values()]
}

function why(found, low, score) {
  const terms = found.map((term) => ({ typed: term, how: 'exact', found: [{ field: 'text', term, count: low.split(term).length - 1 }], chunks: 3, share: 8 / found.length }))
  return { parts: [{ name: 'words', value: score, weight: 0.6, share: score * 0.6 }, { name: 'meaning', value: 0.8, weight: 0.4, share: 0.32 }], terms, notes: [] }
}

function suggest(typed) {
  const begin = typed.toLowerCase()
  const titles = [...new Set([...state.documents.values()].map((document) => document.title))].filter((title) => begin !== '' && title.toLowerCase().startsWith(begin))
  return titles.map((text) => ({ kind: 'title', text, documents: 1, query: `title:"${text.replaceAll('"', ' ')}"` }))
}

function highlight(text, terms) {
  if (terms.length === 0) return [{ text, mark: false }]
  const pattern = new RegExp(`(${terms.map((term) => term.replace(/[^\p{L}\p{N}]/gu, '\\$&')).join('|')})`, 'giu')
  return text.split(pattern).map((piece, index) => ({ text: piece, mark: index % 2 === 1 })).filter((segment) => segment.text !== '')
}

function counts() {
  const sum = { seen: 0, indexed: 0, skipped: 0, failed: 0, waiting: 0 }
  for (const source of state.sources) for (const key of Object.keys(sum)) sum[key] += source.counts[key]
  return sum
}

function spaces() {
  return [...new Set(state.sources.map((source) => source.space))].map((name) => {
    const documents = [...state.documents.values()].filter((document) => document.space === name)
    const chunks = documents.reduce((total, document) => total + document.sections.length, 0)
    return { name, documents: documents.length, chunks, chunks_embedded: chunks, text_bytes: 0 }
  })
}

function status() {
  const model = (id) => ({ id, state: 'ready', message: '' })
  return {
    version: '0.1.0', counts: counts(), embedding: { done: 0, waiting: 0 }, scans: { read: 0, waiting: 0, unreadable: 0, recogniser: null }, activity: 'idle', files_per_second: 0, remaining: { by_word: 0, by_meaning: 0 },
    models: { language: model('qwen2.5-coder-1.5b-instruct'), embedding: model('multilingual-e5-small') },
    sources: state.sources, spaces: spaces(),
  }
}

function changed() {
  for (const reply of state.listeners) send(reply, 'status', status())
}

function send(reply, event, data) {
  reply.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}

function stream(reply) {
  reply.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
}

/** How a question is taken, from a few of its words. */
function routed(body, kept) {
  const found = /\b(all|every|list|summari[sz]e|summary|compare|difference)\b|所有|列出|摘要|比較/i.exec(body.question)?.[0]
  const ways = { list: /all|every|list|所有|列出/i, summary: /summar|摘要/i, comparison: /compare|difference|比較/i }
  const as = body.as ?? Object.keys(ways).find((way) => found && ways[way].test(found)) ?? 'fact'
  const before = kept?.turns.at(-1)?.question
  const plain = words(body.question).filter((term) => !['all', 'every', 'list', 'about', 'documents'].includes(term)).join(' ')
  return {
    as, because: body.as || as === 'fact' ? null : found, standalone: before && words(body.question).length < 4 ? `${body.question} (${before})` : null,
    translated: null, query: as === 'list' ? plain : null, documents: [],
  }
}

function cite(hit, number) {
  const quote = /[^\n。.]*[。.]?/.exec(hit.text.slice(Math.max(0, hit.text.search(/\S/))))[0]
  const offset = bytes(hit.text.slice(0, hit.text.indexOf(quote)))
  return {
    number, document_id: hit.document_id, content_hash: hit.content_hash, title: hit.title, path: hit.path, part: '', space: hit.space,
    locator: hit.locator, label: hit.label, quote, span: { start: hit.span.start + offset, end: hit.span.start + offset + bytes(quote) },
  }
}

async function ask(body, request, reply) {
  stream(reply)
  let gone = false
  reply.on('close', () => (gone = true))
  let kept = state.conversations.find((one) => one.id === body.conversation)
  const route = routed(body, kept)
  const list = route.as === 'list'
  const asked = new Date().toISOString()
  const { hits } = search({ query: list ? route.query : body.question, spaces: body.spaces, kinds: body.kinds, limit: 5, grouped: list })
  const good = hits.filter((hit) => hit.scores.fused >= 0.5)
  const citations = good.slice(0, list ? 5 : 2).map((hit, index) => cite(hit, index + 1))
  const passages = hits.map((hit, index) => ({ number: index + 1, title: hit.title, path: hit.path, label: hit.label, document_id: hit.document_id, text: hit.text }))
  send(reply, 'route', route)
  await sleep(60)
  if (!list && citations.length > 0) send(reply, 'first', { citation: citations[0] })
  await sleep(90)
  send(reply, 'evidence', { passages })
  for (let done = 0; done <= 412 && !gone; done += 103) {
    send(reply, 'reading', { done, total: 412 })
    await sleep(/take your time/.test(body.question) ? 3000 : 80)
  }
  const coverage = {
    documents: state.documents.size, documents_by_meaning: state.documents.size, files_not_searched: counts().skipped, unreadable_pages: 0,
    spaces: spaces().map((space) => space.name),
  }
  const text = list ? '' : citations.map((citation) => `${citation.quote} [${citation.number}]`).join(' ')
  for (const piece of text.match(/[\s\S]{1,6}/gu) ?? []) {
    if (gone) return
    send(reply, 'piece', { text: piece })
    await sleep(25)
  }
  if (gone) return
  const table = { rows: good.slice(0, 5).map((hit, index) => ({ citation: index + 1, title: hit.title, from: null, date: hit.date, versions: 0 })), total: good.length, walked: state.documents.size }
  const answer = {
    text, grounding: citations.length > 0 ? 'grounded' : 'not_found', citations, route, table: list ? table : null, disagreements: [], dropped: 0,
    closest: citations.length > 0 ? [] : hits.slice(0, 3), coverage, left_out: { hits: Math.max(0, hits.length - 2), sentences: 4 },
    signals: { coverage: 1, sentence_coverage: 0.9, cosine: null, sentence_cosine: null, fused: 1, unknown: 0, answerable: 2.3, log_probability: null, probability: null },
    model: 'qwen2.5-coder-1.5b-instruct', generation: { prompt_tokens: 412, cached_tokens: 0, generated_tokens: 18, prompt_ms: 4100, generation_ms: 1900 },
  }
  if (!kept) state.conversations.unshift((kept = { id: hash(String(Math.random())), title: body.question, turns: [] }))
  kept.updated = new Date().toISOString()
  const receipt = hash(String(Math.random()))
  kept.turns.push({ asked, question: body.question, answer, receipt })
  state.receipts.set(receipt, { receipt: 1, id: receipt, asked, question: body.question, text })
  send(reply, 'answer', { answer, conversation: kept.id, receipt })
  reply.end()
}

const head = ({ turns, ...rest }) => ({ ...rest, turns: turns.length })

function download(reply, type, name, body) {
  reply.writeHead(200, { 'Content-Type': type, 'Content-Disposition': `attachment; filename="${name}"` }).end(body)
}

function fail(reply, code, status_, message, hint = '') {
  json(reply, status_, { error: { code, message, hint } })
}

function json(reply, code, body) {
  reply.writeHead(code, { 'Content-Type': 'application/json' }).end(code === 204 ? undefined : JSON.stringify(body))
}

async function api(request, reply, url) {
  let raw = ''
  for await (const piece of request) raw += piece
  const body = raw === '' ? {} : JSON.parse(raw)
  let [, resource, id, deed] = url.pathname.slice('/api/v1'.length).split('/')
  if (resource === 'search' && id === 'facets') deed = id
  switch (`${request.method} ${resource}${deed ? ` ${deed}` : ''}`) {
    case 'GET status':
      return json(reply, 200, status())
    case 'GET events':
      stream(reply)
      state.listeners.add(reply)
      reply.on('close', () => state.listeners.delete(reply))
      return send(reply, 'status', status())
    case 'POST search': {
      const wrong = body.typing ? undefined : fault(body.query)
      if (wrong) return json(reply, 400, refused(body.query, wrong))
      const timings = body.typing ? { keyword_us: 900, embed_us: 0, vector_us: 0, rerank_us: 0, total_us: 1000 } : { keyword_us: 900, embed_us: 8000, vector_us: 3000, rerank_us: 0, total_us: 9900 }
      const weighing = body.typing ? {} : { weighing: { semantic: 0.4, because: [{ feature: 'margin', by: 0.05 }] } }
      return json(reply, 200, { ...search(body), degraded: [], corrections: [], timings, ...weighing })
    }
    case 'POST search facets':
      return fault(body.query) ? json(reply, 400, refused(body.query, fault(body.query))) : json(reply, 200, facets(body))
    case 'GET suggest':
      return json(reply, 200, { suggestions: suggest(url.searchParams.get('q') ?? '').slice(0, Number(url.searchParams.get('limit') ?? 8)) })
    case 'POST ask':
      return ask(body, request, reply)
    case 'GET documents': {
      const document = state.documents.get(decodeURIComponent(id))
      return document ? json(reply, 200, document) : fail(reply, 'document_not_found', 404, `no document ${id}`, 'it may have been deleted since; search again')
    }
    case 'GET documents place':
    case 'GET documents original': {
      const document = state.documents.get(decodeURIComponent(id))
      if (!document) return fail(reply, 'document_not_found', 404, `no document ${id}`, 'it may have been deleted since; search again')
      if (deed === 'original') return original(document, url.searchParams.get('show') === '1', reply)
      const span = { start: Number(url.searchParams.get('start')), end: Number(url.searchParams.get('end')) }
      return json(reply, 200, { document_id: document.document_id, content_hash: document.content_hash, span, locator: placeOf(document.sections, span), label: '' })
    }
    case 'GET documents mail':
    case 'GET documents links':
    case 'GET documents similar': {
      const document = state.documents.get(decodeURIComponent(id))
      if (!document) return fail(reply, 'document_not_found', 404, `no document ${id}`, 'it may have been deleted since; search again')
      if (deed === 'mail') return json(reply, 200, mail(document))
      return json(reply, 200, deed === 'links' ? links(document) : similar(document, Number(url.searchParams.get('limit') ?? 10)))
    }
    case 'POST sources': {
      if (!existsSync(body.path)) return fail(reply, 'path_not_found', 404, `${body.path} does not exist`, 'check the spelling; the path is taken as it stands')
      if (state.sources.some((source) => source.root === body.path)) return fail(reply, 'source_exists', 409, `${body.path} is a source already`)
      return json(reply, 201, addSource(body.path, body.space))
    }
    case 'POST sources scan':
      return json(reply, 202, {})
    case 'DELETE sources':
      state.sources = state.sources.filter((source) => source.id !== Number(id))
      for (const [key, document] of state.documents) if (document.source === Number(id)) state.documents.delete(key)
      state.problems = state.problems.filter((one) => one.source_id !== Number(id))
      changed()
      return json(reply, 204)
    case 'GET sources':
      return json(reply, 200, { sources: state.sources })
    case 'GET problems': {
      const source = url.searchParams.get('source')
      const all = state.problems.filter((one) => !source || one.source_id === Number(source))
      const offset = Number(url.searchParams.get('offset') ?? 0)
      return json(reply, 200, { total: all.length, problems: all.slice(offset, offset + Number(url.searchParams.get('limit') ?? 50)) })
    }
    case 'GET conversations':
      if (!id) {
        const wanted = words(url.searchParams.get('q') ?? '')
        const said = (one) => JSON.stringify([one.title, one.turns.map(({ question, answer }) => [question, answer.text])]).toLowerCase()
        return json(reply, 200, { conversations: state.conversations.filter((one) => wanted.every((word) => said(one).includes(word))).map(head) })
      }
      if (!state.conversations.some((one) => one.id === id)) return fail(reply, 'not_found', 404, `no conversation ${id}`)
      return json(reply, 200, state.conversations.find((one) => one.id === id))
    case 'PATCH conversations': {
      const kept = state.conversations.find((one) => one.id === id)
      if (!kept) return fail(reply, 'not_found', 404, `no conversation ${id}`)
      kept.title = body.title
      return json(reply, 200, head(kept))
    }
    case 'GET conversations export': {
      const kept = state.conversations.find((one) => one.id === id)
      if (!kept) return fail(reply, 'not_found', 404, `no conversation ${id}`)
      if (url.searchParams.get('format') === 'json') return download(reply, 'application/json', 'conversation.json', JSON.stringify(kept))
      return download(reply, 'text/markdown; charset=utf-8', 'conversation.md', `# ${kept.title}\n\n${kept.turns.map((turn) => `## ${turn.question}\n\n${turn.answer.text}\n`).join('\n')}`)
    }
    case 'GET receipts': {
      const receipt = state.receipts.get(id)
      return receipt ? download(reply, 'application/json', `receipt-${id}.json`, JSON.stringify(receipt)) : fail(reply, 'not_found', 404, `no receipt ${id}`)
    }
    case 'DELETE conversations':
      state.conversations = state.conversations.filter((one) => one.id !== id)
      return json(reply, 204)
    case 'POST judgements': {
      const document = state.documents.get(body.document_id)
      const section = document?.sections[Number(body.chunk_id.split('-').at(-1))]
      if (!section) return fail(reply, 'document_not_found', 404, `no passage ${body.chunk_id}`)
      const { document_id, title, path, part } = document
      const { query, right, spaces, kinds } = body
      const kept = { id: String(state.next++), query, document_id, quote: section.text.split('\n')[0], right, title, path, part, spaces, kinds, judged: new Date().toISOString(), gone: false }
      state.judgements.unshift(kept)
      return json(reply, 200, kept)
    }
    case 'GET judgements': {
      if (id === 'set') {
        reply.writeHead(200, { 'Content-Type': 'application/toml', 'Content-Disposition': 'attachment; filename="judgements.toml"' })
        return reply.end(state.judgements.map(({ query, path }) => `[[question]]\ntext = ${JSON.stringify(query)}\nright = [{ path = ${JSON.stringify(path)} }]\n`).join(''))
      }
      const query = url.searchParams.get('query')
      const all = state.judgements.filter((one) => query === null || one.query === query)
      const offset = Number(url.searchParams.get('offset') ?? 0)
      return json(reply, 200, { total: all.length, judgements: all.slice(offset, offset + Number(url.searchParams.get('limit') ?? 50)) })
    }
    case 'DELETE judgements':
      if (!state.judgements.some((one) => one.id === id)) return fail(reply, 'judgement_not_found', 404, `no judgement ${id}`)
      state.judgements = state.judgements.filter((one) => one.id !== id)
      return json(reply, 204)
    default: {
      const found = upkeep(`${request.method} ${resource}${deed ? ` ${deed}` : resource === 'health' && id ? ` ${id}` : ''}`, { ...state, first }, url, body, id)
      if (!found) return fail(reply, 'not_found', 404, `no route ${url.pathname}`)
      return found.code ? fail(reply, found.code, found.status, found.message) : json(reply, found.status, found.body)
    }
  }
}

const server = createServer((request, reply) => {
  const url = new URL(request.url, 'http://127.0.0.1')
  const allowed = request.headers.cookie?.includes(`rushlight_session=${token}`)
  reply.setHeader('Content-Security-Policy', policy)
  if (url.searchParams.get('token') === token) {
    reply.writeHead(303, { 'Set-Cookie': `rushlight_session=${token}; HttpOnly; SameSite=Strict; Path=/`, Location: '/' }).end()
  } else if (url.pathname.startsWith('/api/')) {
    if (!allowed) return fail(reply, 'unauthorized', 401, 'no token', 'open the link that `rushlight serve` printed')
    api(request, reply, url).catch((error) => reply.headersSent ? reply.end() : fail(reply, 'internal', 500, error.message))
  } else {
    const path = join(dist, url.pathname === '/' ? 'index.html' : resolve('/', url.pathname).slice(1))
    if (!existsSync(path)) return fail(reply, 'not_found', 404, 'no such file')
    const packed = request.headers['accept-encoding']?.includes('gzip')
    const headers = { 'Content-Type': mediaTypes[extname(path)] ?? 'application/octet-stream', ...(packed && { 'Content-Encoding': 'gzip' }) }
    reply.writeHead(200, headers).end(packed ? gzipSync(readFileSync(path)) : readFileSync(path))
  }
})

const first = resolve(process.argv[2] ?? '.')
for (let index = 2; index + 1 < process.argv.length; index += 2) addSource(resolve(process.argv[index]), process.argv[index + 1])
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/?token=${token}`))
