// What a search is asked with.

import type { SearchRequest } from './api'
import type { Route } from './route'

export type Wanted = Pick<Route, 'query' | 'spaces' | 'kinds' | 'recent' | 'grouped' | 'sort'>

/** How many results are asked for. */
const most = 30

/** The full search; `query` is what the words are. */
export function requestOf({ spaces, kinds, recent, grouped, sort }: Wanted, query: string): SearchRequest {
  return {
    query,
    limit: most,
    utc_offset: 0 - new Date().getTimezoneOffset(),
    ...(spaces.length > 0 && { spaces }),
    ...(kinds.length > 0 && { kinds }),
    ...(recent && { recent: true }),
    ...(!grouped && { grouped: false }),
    ...(sort !== 'relevance' && { sort }),
  }
}
