// Every place of the page has an address, kept behind the `#` so that it never reaches the server.

import type { DocumentKind, Sort, Span } from './api'
import { documentKinds, sorts } from './choices'

export type PlaceName = 'search' | 'ask' | 'library' | 'health' | 'doc'

export interface Route {
  place: PlaceName
  /** Search: the query and its filters. */
  query: string
  spaces: string[]
  kinds: DocumentKind[]
  /** Search: newer documents first among equals. */
  recent: boolean
  /** Search: one hit for each document. */
  grouped: boolean
  /** Search: what the order is by. */
  sort: Sort
  /** Ask: the conversation. */
  conversation: string | null
  /** The document that is open: alone in `doc`, beside the rest elsewhere. */
  document: string | null
  /** The span of it that is to be marked. */
  span: Span | null
}

export const home: Route = {
  place: 'search',
  query: '',
  spaces: [],
  kinds: [],
  recent: false,
  grouped: true,
  sort: 'relevance',
  conversation: null,
  document: null,
  span: null,
}

/** Reads `#/search?q=tea&space=personal&kind=note&recent=1&grouped=0&sort=newest&doc=ID&at=12-40`; whatever is not understood is left out. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = splitOnce(hash.replace(/^#\/?/, ''), '?')
  const [name = '', id = ''] = splitOnce(path, '/')
  const query = new URLSearchParams(search)
  const place: PlaceName = name === 'ask' || name === 'library' || name === 'health' ? name : name === 'doc' && id !== '' ? 'doc' : 'search'
  return {
    place,
    query: query.get('q') ?? '',
    spaces: query.getAll('space').filter((space) => space !== ''),
    kinds: documentKinds.filter((kind) => query.getAll('kind').includes(kind)),
    recent: place === 'search' && query.get('recent') === '1',
    grouped: place !== 'search' || query.get('grouped') !== '0',
    sort: (place === 'search' && sorts.find((sort) => sort === query.get('sort'))) || 'relevance',
    conversation: place === 'ask' ? query.get('c') || null : null,
    document: place === 'doc' ? decode(id) : query.get('doc') || null,
    span: parseSpan(query.get('at')),
  }
}

/** The address of a route: `parseRoute(formatRoute(route))` gives the same route again. */
export function formatRoute(route: Route): string {
  const query = new URLSearchParams()
  if (route.place === 'search' && route.query !== '') query.set('q', route.query)
  if (route.place === 'search' || route.place === 'ask') {
    for (const space of route.spaces) query.append('space', space)
    for (const kind of route.kinds) query.append('kind', kind)
  }
  if (route.place === 'search' && route.recent) query.set('recent', '1')
  if (route.place === 'search' && !route.grouped) query.set('grouped', '0')
  if (route.place === 'search' && route.sort !== 'relevance') query.set('sort', route.sort)
  if (route.place === 'ask' && route.conversation) query.set('c', route.conversation)
  if (route.place !== 'doc' && route.document) query.set('doc', route.document)
  if (route.document && route.span) query.set('at', `${route.span.start}-${route.span.end}`)
  const path = route.place === 'doc' ? `doc/${encodeURIComponent(route.document ?? '')}` : route.place
  const search = query.toString()
  return `#/${path}${search === '' ? '' : `?${search}`}`
}

function parseSpan(text: string | null): Span | null {
  const found = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? '')
  if (!found) return null
  const span = { start: Number(found[1]), end: Number(found[2]) }
  return span.end > span.start ? span : null
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at)
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
