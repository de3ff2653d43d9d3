// What is marked in hits that were found by their meaning, where no word of the search stands: their nearest sentences, fetched
// once the hits are shown.

import { SvelteMap } from 'svelte/reactivity'
import { sentences, type Hit, type Segment } from './api'
import { searcher } from './search.svelte'
import type { Wanted } from './wanted'

/** Hits of one list that are asked about. */
const most = 5

/** Whether no word says why the hit was found. */
export function byMeaning(hit: Hit): boolean {
  return hit.scores.semantic !== null && (hit.scores.keyword === null || !hit.segments.some((segment) => segment.mark))
}

class Nearest {
  /** What the hits that are shown answer. */
  #answered: Wanted | null = null
  #known = new SvelteMap<string, Segment[]>()

  /** The hit's text with what is to be marked in it, as far as that is known. */
  segments(hit: Hit): Segment[] {
    return (byMeaning(hit) && this.#known.get(hit.chunk_id)) || hit.segments
  }

  /** These hits are shown: the first of them that need it are asked about, at once. */
  shown(hits: readonly Hit[]): void {
    const answered = searcher.answered
    if (answered !== this.#answered) {
      this.#answered = answered
      this.#known.clear()
    }
    const wanted = hits.filter((hit) => byMeaning(hit) && !this.#known.has(hit.chunk_id)).slice(0, most)
    if (answered && wanted.length > 0) void this.#fetch(answered, wanted.map((hit) => hit.chunk_id))
  }

  async #fetch(answered: Wanted, chunks: string[]): Promise<void> {
    try {
      const found = await sentences(answered.query.trim(), chunks)
      if (answered === this.#answered) for (const { chunk_id, segments } of found) this.#known.set(chunk_id, segments)
    } catch {
      // The hit is shown from its beginning, as before.
    }
  }
}

export const nearest = new Nearest()
