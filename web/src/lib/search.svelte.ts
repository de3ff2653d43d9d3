// Search as you type: waits for a pause, asks, and shows the reply to the last question only.

import { search, toApiError, type ApiError, type DocumentKind, type SearchReply } from './api'
import { connection } from './connection.svelte'
import { Latest } from './latest'

const pause = 120
const slowAfter = 1500

export interface Wanted {
  query: string
  spaces: string[]
  kinds: DocumentKind[]
}

class Search {
  state: 'empty' | 'busy' | 'done' | 'failed' = $state('empty')
  slow = $state(false)
  reply: SearchReply | null = $state.raw(null)
  error: ApiError | null = $state.raw(null)
  /** What `reply` answers. */
  answered: Wanted | null = $state.raw(null)

  #latest = new Latest()
  #timer: ReturnType<typeof setTimeout> | undefined
  #slowTimer: ReturnType<typeof setTimeout> | undefined
  #asked = ''

  /** The query or a filter changed. */
  want(wanted: Wanted, soon: 'now' | 'after a pause'): void {
    const key = JSON.stringify([wanted.query.trim(), wanted.spaces, wanted.kinds])
    if (key === this.#asked && this.state !== 'failed') return
    this.#asked = key
    clearTimeout(this.#timer)
    if (wanted.query.trim() === '') {
      this.#latest.cancel()
      this.#settle('empty')
      this.reply = null
      this.answered = null
      return
    }
    this.state = 'busy'
    if (soon === 'now') void this.#run(wanted)
    else this.#timer = setTimeout(() => void this.#run(wanted), pause)
  }

  again(wanted: Wanted): void {
    this.#asked = ''
    this.want(wanted, 'now')
  }

  async #run(wanted: Wanted): Promise<void> {
    clearTimeout(this.#slowTimer)
    this.#slowTimer = setTimeout(() => (this.slow = true), slowAfter)
    try {
      const request = { query: wanted.query.trim(), limit: 30 }
      const reply = await this.#latest.run((signal) =>
        search(
          {
            ...request,
            ...(wanted.spaces.length > 0 && { spaces: wanted.spaces }),
            ...(wanted.kinds.length > 0 && { kinds: wanted.kinds }),
          },
          signal,
        ),
      )
      if (!reply) return
      this.reply = reply
      this.answered = wanted
      this.#settle('done')
    } catch (thrown) {
      this.error = toApiError(thrown)
      connection.noticed(this.error)
      this.#settle('failed')
    }
  }

  #settle(state: 'empty' | 'done' | 'failed'): void {
    clearTimeout(this.#slowTimer)
    this.slow = false
    this.state = state
  }
}

export const searcher = new Search()
