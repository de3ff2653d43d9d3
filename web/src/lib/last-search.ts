// The last search, kept in the browser for whoever comes back to it: its address, and nothing of what it found.

import { kept, remember } from './preferences'
import { formatRoute, home, parseRoute, type Route } from './route'

const name = 'search'

export function rememberSearch(route: Route): void {
  remember(name, formatRoute({ ...route, document: null, span: null }))
}

/** What a search that begins from nothing begins with; `null` where an address says what is wanted, or nothing is kept. */
export function lastSearch(now: Route): Route | null {
  if (formatRoute(now) !== formatRoute(home)) return null
  const last = parseRoute(kept(name))
  return last.place === 'search' && last.query !== '' ? { ...last, document: null, span: null } : null
}
