// The search that the page begins with, asked for while the page itself is still on its way.

import type { SearchRequest } from './api'
import { lastSearch } from './last-search'
import { kept } from './preferences'
import { parseRoute } from './route'
import { requestOf } from './wanted'

interface Asked {
  body: string
  reply: Promise<Response>
  stop: AbortController
}

let asked: Asked | undefined

/** Asks where the address, or what was kept of the last visit, names a search. */
export function askAhead(): void {
  const named = parseRoute(location.hash || kept('place'))
  const route = lastSearch(named) ?? named
  const query = route.query.trim()
  // Spaces and kinds stand in old addresses only, which are written anew first.
  if (route.place !== 'search' || query === '' || route.spaces.length + route.kinds.length > 0) return
  const stop = new AbortController()
  const body = JSON.stringify(requestOf(route, query))
  const reply = fetch('/api/v1/search', { method: 'POST', credentials: 'same-origin', cache: 'no-store', headers: { 'Content-Type': 'application/json' }, body, signal: stop.signal })
  // What fails is told to who takes it.
  reply.catch(() => undefined)
  asked = { body, reply, stop }
}

/** The reply to this search where it was asked ahead; once. */
export function askedAhead(request: SearchRequest, signal: AbortSignal): Promise<Response> | undefined {
  const ahead = asked
  asked = undefined
  if (ahead?.body !== JSON.stringify(request)) return undefined
  signal.addEventListener('abort', () => ahead.stop.abort())
  return ahead.reply
}
