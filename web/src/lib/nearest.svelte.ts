// What is marked in hits that were found by their meaning, where no word of the search stands: their nearest sentences, fetched
// when somebody sees the hits: that takes the program longer than the search.

import { SvelteMap } from 'svelte/reactivity'
import { sentences, type Hit, type Segment } from './api'
import { searcher } from './search.svelte'
import type { Wanted } from './wanted'

/** Hits that are asked about at once. */
const most = 5

/** Whether no word says why the hit was found. */
export function byMeaning(hit: Hit): boolean {
  return hit.scores.semantic !== null && (hit.scores.keyword === null || !hit.segments.some((segment) => segment.mark))
}

class Nearest {
  /** What the hits that were seen answer. */
  #answered: Wanted | null = null
  #known = new SvelteMap<string, Segment[]>()
  #asked = new Set<string>()
  #waiting: string[] = []
  #asking = false

  /** The hit's text with what is to be marked in it, as far as that is known. */
  segments(hit: Hit): Segment[] {
    return (byMeaning(hit) && this.#known.get(hit.chunk_id)) || hit.segments
  }

  /** These hits came onto the screen: those that need it are asked about, once. */
  seen(hits: readonly Hit[]): void {
    const answered = searcher.answered
    if (answered !== this.#answered) {
      this.#answered = answered
      this.#known.clear()
      this.#asked.clear()
      this.#waiting = []
    }
    if (!answered) return
    for (const hit of hits) {
      if (!byMeaning(hit) || this.#asked.has(hit.chunk_id)) continue
      this.#asked.add(hit.chunk_id)
      this.#waiting.push(hit.chunk_id)
    }
    if (!this.#asking) void this.#ask()
  }

  async #ask(): Promise<void> {
    this.#asking = true
    while (this.#answered && this.#waiting.length > 0) await this.#fetch(this.#answered, this.#waiting.splice(0, most))
    this.#asking = false
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
