// What is said aloud must leave time to be heard: news at once, progress only after a pause.

export const pause = 5000

export class Pace {
  #last = Number.NEGATIVE_INFINITY

  /** News: it is said whatever was said before. */
  news(now: number): void {
    this.#last = now
  }

  /** Progress: true where enough time has gone by since anything was said; it counts as said then. */
  progress(now: number): boolean {
    if (now - this.#last < pause) return false
    this.#last = now
    return true
  }
}
