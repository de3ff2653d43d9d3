// What was said of the results of the present search.

import { judge, judgements, removeJudgement, toApiError, type Hit, type Judgement } from './api'
import { connection } from './connection.svelte'
import { Latest } from './latest'
import type { Wanted } from './wanted'

/** As many as one request gives: nobody says more of one search. */
const most = 500

class Judged {
  /** What was said of which query. */
  said: { query: string; list: readonly Judgement[] } = $state.raw({ query: '', list: [] })
  #latest = new Latest()

  /** Another search was answered. What was said of it before is shown as soon as it is known. */
  async look(query: string): Promise<void> {
    if (query === this.said.query) return
    this.said = { query, list: [] }
    try {
      const reply = await this.#latest.run((signal) => judgements({ query, limit: most, offset: 0 }, signal))
      if (!reply) return
      // What was said meanwhile may have been too late for the reply.
      const known = new Set(reply.judgements.map((one) => one.id))
      this.said = { query, list: [...this.said.list.filter((one) => !known.has(one.id)), ...reply.judgements] }
    } catch (thrown) {
      this.said = { query: '', list: [] }
      connection.noticed(toApiError(thrown))
    }
  }

  /** That this passage is right for a query. It may have been cut anew since, so its quote tells. */
  of(hit: Hit, query: string): Judgement | undefined {
    if (query !== this.said.query) return undefined
    return this.said.list.find((one) => one.right && one.document_id === hit.document_id && one.quote !== '' && hit.text.includes(one.quote))
  }

  /** Says it, or takes it back. Throws what the API answers. */
  async toggle(hit: Hit, asked: Wanted): Promise<void> {
    const query = asked.query.trim()
    const said = this.of(hit, query)
    if (said) return this.remove(said.id)
    const { spaces, kinds } = asked
    const kept = await judge({ query, document_id: hit.document_id, chunk_id: hit.chunk_id, right: true, spaces, kinds })
    if (query !== this.said.query) return
    this.said = { query, list: [kept, ...this.said.list.filter((one) => one.id !== kept.id)] }
  }

  /** Takes back what was said, wherever it is shown; somebody may have done so before. Throws what else the API answers. */
  async remove(id: string): Promise<void> {
    try {
      await removeJudgement(id)
    } catch (thrown) {
      if (toApiError(thrown).code !== 'judgement_not_found') throw thrown
    }
    this.said = { ...this.said, list: this.said.list.filter((one) => one.id !== id) }
  }
}

export const judged = new Judged()
