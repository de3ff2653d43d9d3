// What the page begins with, asked for while the page itself is still on its way.

import { lastSearch } from './last-search'
import { kept } from './preferences'
import { parseRoute, type Route } from './route'
import { documentPath, sendAhead, type Asked } from './send'
import { requestOf } from './wanted'

/** Asks where the address, or what was kept of the last visit, names a search or a document. */
export function askAhead(): void {
  const named = parseRoute(location.hash || kept('place'))
  const begins = beginning(lastSearch(named) ?? named)
  if (begins) sendAhead(begins)
}

function beginning(route: Route): Asked | undefined {
  const query = route.query.trim()
  if (route.place === 'doc' && route.document !== null) return { method: 'GET', path: documentPath(route.document) }
  // Spaces and kinds stand in old addresses only, which are written anew first.
  if (route.place !== 'search' || query === '' || route.spaces.length + route.kinds.length > 0) return undefined
  return { method: 'POST', path: '/search', body: requestOf(route, query) }
}
