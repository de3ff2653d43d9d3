// What the documents that hold the words of a search have in common. Asked for once a search is answered, so that no search waits for it.

import { facets, toApiError, type FacetName, type FacetsReply } from './api'
import { connection } from './connection.svelte'
import { Latest } from './latest'

/** A value that was clicked before the counts of the present query were there. */
interface Wish {
  facet: FacetName
  value: string
  chosen: boolean
}

export class FacetCounts {
  reply: FacetsReply | null = $state.raw(null)
  /** The query that `reply` counts; `null` where there is none. */
  answered: string | null = $state.raw(null)
  failed = $state(false)

  #latest = new Latest()
  #asked: string | null = null
  #wish: Wish | null = null

  /** `change` is told the next query where somebody chose a value meanwhile. */
  async want(query: string, change: (query: string) => void): Promise<void> {
    if (query === this.#asked) return
    this.#asked = query
    try {
      const reply = await this.#latest.run((signal) => facets({ query, utc_offset: 0 - new Date().getTimezoneOffset() }, signal))
      if (!reply) return
      this.reply = reply
      this.answered = query
      this.failed = false
      this.#grant(change)
    } catch (thrown) {
      this.clear()
      this.failed = true
      connection.noticed(toApiError(thrown))
    }
  }

  clear(): void {
    this.#latest.cancel()
    this.#asked = null
    this.#wish = null
    this.reply = null
    this.answered = null
    this.failed = false
  }

  /** The query after a click on a value; `null` while the counts are of another query: the click is then kept until they are there. */
  after(query: string, wish: Wish): string | null {
    const value = this.answered === query ? this.#find(wish) : undefined
    if (value) return value.query
    this.#wish = wish
    return null
  }

  #grant(change: (query: string) => void): void {
    const wish = this.#wish
    this.#wish = null
    const value = wish ? this.#find(wish) : undefined
    if (wish && value && value.chosen === wish.chosen) change(value.query)
  }

  #find({ facet, value }: Wish): FacetsReply['facets'][number]['values'][number] | undefined {
    return this.reply?.facets.find((one) => one.facet === facet)?.values.find((one) => one.value === value)
  }
}
