// Walking a list of names with the keyboard: what a key does, and where typed letters lead.

export type Step = { to: number } | 'open' | 'up'

/** What a key does at place `at` of `length`; null where it is not one of ours. */
export function stepOf(key: string, at: number, length: number): Step | null {
  switch (key) {
    case 'ArrowDown':
      return { to: Math.min(at + 1, length - 1) }
    case 'ArrowUp':
      return { to: Math.max(at - 1, 0) }
    case 'Home':
      return { to: 0 }
    case 'End':
      return { to: length - 1 }
    case 'ArrowRight':
      return 'open'
    case 'ArrowLeft':
    case 'Backspace':
      return 'up'
    default:
      return null
  }
}

/** Where an arrow leads in a list that runs in so many columns, row by row: -1 is above it; null where the key is not one of ours. */
export function stepIn(columns: number, key: string, at: number, length: number): number | null {
  const last = length - 1
  switch (key) {
    case 'ArrowDown':
      // Below the last row, or below the end of a row that is not full, there is only the last one.
      return Math.min(at + columns, last)
    case 'ArrowUp':
      return at < columns ? -1 : at - columns
    case 'ArrowRight':
      return columns > 1 ? Math.min(at + 1, last) : null
    case 'ArrowLeft':
      return columns > 1 ? Math.max(at - 1, 0) : null
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return null
  }
}

/** How long letters belong together. */
export const together = 800

/** Letters typed one after the other, until there is a pause. */
export class TypedAhead {
  #typed = ''
  #last = Number.NEGATIVE_INFINITY

  /**
   * Where this letter leads: to the next name that begins as was typed, from `at` on; the same letter again walks through
   * those that begin with it. Null where there is none.
   */
  find(letter: string, names: readonly string[], at: number, now: number): number | null {
    this.#typed = now - this.#last > together ? letter : this.#typed + letter
    this.#last = now
    const letters = [...fold(this.#typed)]
    const repeated = letters.length > 1 && letters.every((one) => one === letters[0])
    return (
      this.#next(fold(this.#typed), names, letters.length > 1 ? at : at + 1) ??
      (repeated ? this.#next(letters[0] ?? '', names, at + 1) : null)
    )
  }

  /** Whether a space belongs to what is being typed. */
  typing(now: number): boolean {
    return this.#typed !== '' && now - this.#last <= together
  }

  #next(begin: string, names: readonly string[], from: number): number | null {
    for (let step = 0; step < names.length; step++) {
      const index = (from + step) % names.length
      if (fold(names[index] ?? '').startsWith(begin)) return index
    }
    return null
  }
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
