// What was said of the results of the present search.

import { judge, judgements, removeJudgement, toApiError, type Hit, type Judgement } from './api'
import { connection } from './connection.svelte'
import { Latest } from './latest'
import type { Wanted } from './search.svelte'

/** As many as one request gives: nobody says more of one search. */
const most = 500

class Judged {
  /** Those of the query that was asked last. */
  list: Judgement[] = $state.raw([])
  #query = ''
  #latest = new Latest()

  /** Another search was answered. What was said of it before is shown as soon as it is known. */
  async look(query: string): Promise<void> {
    if (query === this.#query) return
    this.#query = query
    this.list = []
    try {
      const reply = await this.#latest.run((signal) => judgements({ query, limit: most, offset: 0 }, signal))
      if (reply) this.list = reply.judgements
    } catch (thrown) {
      this.#query = ''
      connection.noticed(toApiError(thrown))
    }
  }

  /** That this passage is right. It may have been cut anew since, so its quote tells. */
  of(hit: Hit): Judgement | undefined {
    return this.list.find((one) => one.right && one.document_id === hit.document_id && one.quote !== '' && hit.text.includes(one.quote))
  }

  /** Says it, or takes it back. Throws what the API answers. */
  async toggle(hit: Hit, asked: Wanted): Promise<void> {
    const said = this.of(hit)
    if (said) {
      await removeJudgement(said.id)
      this.list = this.list.filter((one) => one.id !== said.id)
      return
    }
    const kept = await judge({
      query: asked.query.trim(),
      document_id: hit.document_id,
      chunk_id: hit.chunk_id,
      right: true,
      spaces: asked.spaces,
      kinds: asked.kinds,
    })
    this.list = [kept, ...this.list.filter((one) => one.id !== kept.id)]
  }
}

export const judged = new Judged()
