// Suggestions below the field: fetched for the words before the cursor, grouped by kind, walked through by arrow keys.

import { suggest, type Suggestion, type SuggestionKind } from './api'
import { Latest } from './latest'
import { beingTyped, type Stretch } from './typing'

/** Milliseconds without a letter: longer than between those of somebody who types on, so that suggestions take no time from the search. */
const pause = 150
const most = 6
const order: readonly SuggestionKind[] = ['title', 'person', 'tag']

export interface Offer extends Suggestion {
  /** Where in the query what it replaces begins. */
  start: number
}

export class Suggester {
  /** In the order in which they are shown: by kind. Empty: closed. */
  offers: Offer[] = $state.raw([])
  /** Index of the chosen one; -1: none. */
  active = $state(-1)
  groups = $derived(
    order
      .map((kind) => ({ kind, offers: this.offers.flatMap((offer, index) => (offer.kind === kind ? [{ offer, index }] : [])) }))
      .filter((group) => group.offers.length > 0),
  )

  #latest = new Latest()
  #timer: ReturnType<typeof setTimeout> | undefined

  typed(query: string, cursor: number, spaces: readonly string[]): void {
    clearTimeout(this.#timer)
    this.#latest.cancel()
    this.active = -1
    const stretches = beingTyped(query, cursor)
    if (stretches.length === 0) return this.close()
    this.#timer = setTimeout(() => void this.#fetch(query, stretches, spaces), pause)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#latest.cancel()
    this.offers = []
    this.active = -1
  }

  /** To the next or the one before; beyond either end none is chosen. */
  move(by: 1 | -1): void {
    const places = this.offers.length + 1
    this.active = ((this.active + 1 + by + places) % places) - 1
  }

  async #fetch(query: string, stretches: Stretch[], spaces: readonly string[]): Promise<void> {
    try {
      const found = await this.#latest.run((signal) => Promise.all(stretches.map(({ words }) => suggest(words, spaces, signal))))
      if (!found) return
      const seen = new Set<string>()
      const offers = found.flatMap((suggestions, at) => {
        const { start, kinds } = stretches[at] as Stretch
        return suggestions.flatMap((one) => {
          if (!kinds.includes(one.kind) || seen.has(one.query) || query.slice(start).startsWith(one.query)) return []
          seen.add(one.query)
          return [{ ...one, start }]
        })
      })
      this.offers = offers.slice(0, most).sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
      this.active = -1
    } catch {
      // Suggestions are a help; the search itself says when nobody answers.
      this.offers = []
    }
  }
}
