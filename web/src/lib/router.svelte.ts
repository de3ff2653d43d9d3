// The current route, and the way to others. What a target quotes travels in the history's state, not in the address.

import { forget, kept, remember } from './preferences'
import { formatRoute, home, parseRoute, type Route } from './route'

/** What a link hands to the document it opens. */
export interface Carried {
  /** Words to mark. */
  quote: string
  /** The version the words were read from. */
  contentHash: string
  /** Which mark or result opened it, to give the focus back. */
  opener: string
}

class Router {
  route: Route = $state.raw(parseRoute(begin()))
  carried: Carried | null = $state.raw(carriedOf(history.state))

  constructor() {
    const read = (): void => {
      this.route = parseRoute(location.hash)
      this.carried = carriedOf(history.state)
      keep(this.route)
    }
    addEventListener('popstate', read)
    addEventListener('hashchange', read)
  }

  go(route: Route, carried: Carried | null = null): void {
    history.pushState(carried, '', formatRoute(route))
    this.route = route
    this.carried = carried
    keep(route)
  }

  /** Changes the address without a step in the history. */
  replace(route: Route): void {
    history.replaceState($state.snapshot(this.carried), '', formatRoute(route))
    this.route = route
    keep(route)
  }

  /** The current route without its document. */
  get bare(): Route {
    return { ...this.route, document: null, span: null }
  }

  /** The route of a place, from its beginning. */
  to(place: Route['place']): Route {
    return { ...home, place }
  }
}

/** A page that is opened without an address goes on where the last one was left: what was typed and what was answered are there again. */
function begin(): string {
  const last = location.hash === '' ? kept('place') : ''
  if (last !== '') history.replaceState(null, '', formatRoute(parseRoute(last)))
  return location.hash
}

/** The search keeps itself, and the document that is open is not kept: it may be gone by then. */
function keep(route: Route): void {
  if (route.place === 'search') forget('place')
  else if (route.place !== 'doc') remember('place', formatRoute({ ...route, document: null, span: null }))
}

function carriedOf(state: unknown): Carried | null {
  const value = state as Partial<Carried> | null
  if (typeof value?.quote !== 'string') return null
  return { quote: value.quote, contentHash: String(value.contentHash ?? ''), opener: String(value.opener ?? '') }
}

export const router = new Router()

/** For links: a plain click stays in the page, all others (new tab, copy) are the browser's. */
export function isPlainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
}
