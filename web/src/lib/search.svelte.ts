// Search as you type: each letter asks by word at once, a pause or Enter asks in full, and a reply never takes the place of one to a later question.

import { search, toApiError, type ApiError, type SearchReply, type SearchRequest, type Timings, type Weighing, type Why } from './api'
import { connection } from './connection.svelte'
import { Latest } from './latest'
import { requestOf, type Wanted } from './wanted'

/** Milliseconds without a letter before the full search is asked for. */
const fullPause = 350
/** How many results are asked for while somebody types: what fits on most screens is there sooner. */
const mostTyping = 12
const slowAfter = 1500

/** Legs that did not answer, how the query was read, and words that were taken for others. */
type Said = Pick<SearchReply, 'degraded' | 'understood' | 'corrections'>

const nothingSaid: Said = { degraded: [], understood: [], corrections: [] }

/** Why the hits of a reply are where they are. */
export interface Explained {
  whys: Map<string, Why>
  weighing: Weighing | undefined
  timings: Timings
}

class Search {
  /** `busy` until the full search is answered, also while replies to single letters are shown. */
  state: 'empty' | 'busy' | 'done' | 'failed' = $state('empty')
  slow = $state(false)
  reply: SearchReply | null = $state.raw(null)
  error: ApiError | null = $state.raw(null)
  /** What `reply` answers. */
  answered: Wanted | null = $state.raw(null)
  /** What `error` is about. */
  failed: Wanted | null = $state.raw(null)
  /** What the last full search said of itself. One while typing asks one leg only, and guesses at the word that is not finished. */
  said: Said = $state.raw(nothingSaid)
  explained: Explained | null = $state.raw(null)
  explainError: ApiError | null = $state.raw(null)

  #latestWords = new Latest()
  #latestFull = new Latest()
  #latestWhy = new Latest()
  #fullTimer: ReturnType<typeof setTimeout> | undefined
  #slowTimer: ReturnType<typeof setTimeout> | undefined
  #asked = ''
  /** What was typed while the words of an earlier letter are being asked for. */
  #typedSince: { wanted: Wanted; typed: string } | null = null
  #askingWords = false
  #request: SearchRequest | null = null
  #explaining: SearchRequest | null = null

  /**
   * The query or a filter changed. `typed` is what stands in the field while it is typed, with the space at its end that says that
   * the last word is finished; `null` asks in full at once.
   */
  want(wanted: Wanted, typed: string | null): void {
    const key = JSON.stringify({ ...wanted, query: wanted.query.trim() })
    if (key === this.#asked) {
      // Another space, no other search: what the full one has answered it has answered for whole words.
      if (typed !== null && this.state === 'busy') void this.#askWords(wanted, typed)
      return
    }
    this.#asked = key
    this.#stopTimers()
    if (typed === null) this.#forgetWords()
    this.#latestFull.cancel()
    if (wanted.query.trim() === '') {
      this.#forgetWords()
      this.#settle('empty')
      this.reply = null
      this.answered = null
      this.said = nothingSaid
      return
    }
    this.state = 'busy'
    if (typed === null) return void this.#ask(wanted)
    void this.#askWords(wanted, typed)
    this.#fullTimer = setTimeout(() => void this.#ask(wanted), fullPause)
  }

  /** Asks in full without waiting for the pause. */
  again(wanted: Wanted): void {
    this.#asked = ''
    this.want(wanted, null)
  }

  /** Fetches, once for each reply, why its hits are where they are. */
  async explain(): Promise<void> {
    const request = this.#request
    if (!request || this.#explaining === request) return
    this.#explaining = request
    this.explainError = null
    try {
      const reply = await this.#latestWhy.run((signal) => search({ ...request, explain: true }, signal))
      if (!reply) return
      const whys = new Map(reply.hits.flatMap((hit) => (hit.why ? [[hit.chunk_id, hit.why] as const] : [])))
      this.explained = { whys, weighing: reply.weighing, timings: reply.timings }
    } catch (thrown) {
      this.#explaining = null
      this.explainError = toApiError(thrown)
      connection.noticed(this.explainError)
    }
  }

  /**
   * Asks for the words one letter at a time: those that come meanwhile wait, and only the last of them is asked, so that a slow
   * program is never asked twice at once. What cannot be answered while typing is left to the full search, which says so.
   */
  async #askWords(of: Wanted, text: string): Promise<void> {
    this.#typedSince = { wanted: of, typed: text }
    if (this.#askingWords) return
    this.#askingWords = true
    let asked = this.#nextWords()
    while (asked) {
      const { wanted, request } = asked
      const reply = await asked.reply
      // The next is asked before this one is shown: the program works while the page draws.
      asked = this.#nextWords()
      if (reply) this.#show(wanted, request, reply)
    }
    this.#askingWords = false
  }

  /** Asks for the words of what was typed last, if they were not asked for yet. */
  #nextWords(): { wanted: Wanted; request: SearchRequest; reply: Promise<SearchReply | undefined> } | null {
    if (!this.#typedSince) return null
    const { wanted, typed } = this.#typedSince
    this.#typedSince = null
    const request = { ...requestOf(wanted, typed), limit: mostTyping, typing: true }
    const reply = this.#latestWords.run((signal) => search(request, signal)).catch(() => undefined)
    return { wanted, request, reply }
  }

  #forgetWords(): void {
    this.#typedSince = null
    this.#latestWords.cancel()
  }

  async #ask(wanted: Wanted): Promise<void> {
    this.#stopTimers()
    this.#slowTimer = setTimeout(() => (this.slow = true), slowAfter)
    try {
      const request = requestOf(wanted, wanted.query.trim())
      // The reply to the words may still come while the full search runs, not after it.
      const reply = await this.#latestFull.run((signal) => search(request, signal))
      if (!reply) return
      this.#forgetWords()
      this.#show(wanted, request, reply)
      this.said = reply
      this.#settle('done')
    } catch (thrown) {
      this.error = toApiError(thrown)
      this.failed = wanted
      this.said = nothingSaid
      connection.noticed(this.error)
      this.#settle('failed')
    }
  }

  #show(wanted: Wanted, request: SearchRequest, reply: SearchReply): void {
    this.reply = reply
    this.answered = wanted
    this.#request = request
    this.#latestWhy.cancel()
    this.#explaining = null
    this.explained = null
    this.explainError = null
  }

  #stopTimers(): void {
    clearTimeout(this.#fullTimer)
    clearTimeout(this.#slowTimer)
    this.slow = false
  }

  #settle(state: 'empty' | 'done' | 'failed'): void {
    this.#stopTimers()
    this.state = state
  }
}

export const searcher = new Search()
