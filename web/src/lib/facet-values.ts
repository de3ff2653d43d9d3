// Counts made ready to be shown.

import type { FacetsReply } from './api'

/** The facets that say something: with several values to choose from, or one that is chosen. Years stand in their order. */
export function listed(reply: FacetsReply | null): FacetsReply['facets'] {
  const telling = (reply?.facets ?? []).filter(({ values }) => values.length > 1 || values.some((value) => value.chosen))
  return telling.map((one) => (one.facet === 'year' ? { ...one, values: [...one.values].sort((a, b) => Number(b.value) - Number(a.value)) } : one))
}

/** The last name of a path; of nothing else than strokes the path. */
export function lastName(path: string): string {
  return path.split(/[/\\]/).findLast((name) => name !== '') ?? path
}
