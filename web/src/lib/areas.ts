// Where on a page something stands, as boxes to draw over a picture of the page.

import type { Area, Locator } from './api'

/** In per cent of the page. */
export interface Box {
  left: number
  top: number
  width: number
  height: number
}

// So that letters do not touch the edge of their box, in thousandths.
const margin = 3

/** The boxes on one page, in order. */
export function boxesOn(page: number, areas: readonly Area[]): Box[] {
  const inside = (value: number): number => Math.min(1000, Math.max(0, value))
  return areas
    .filter((area) => area.page === page && area.right > area.left && area.bottom > area.top)
    .map((area) => {
      const [left, top] = [inside(area.left - margin), inside(area.top - margin)]
      return { left: left / 10, top: top / 10, width: (inside(area.right + margin) - left) / 10, height: (inside(area.bottom + margin) - top) / 10 }
    })
}

/** Where something begins: its page and all its areas; `null` where it is on no page. */
export interface Cited {
  page: number
  areas: Area[]
}

export function citedAt(locator: Locator | null): Cited | null {
  return locator?.kind === 'pages' ? { page: locator.areas?.[0]?.page ?? locator.first, areas: locator.areas ?? [] } : null
}
