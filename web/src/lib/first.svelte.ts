// The first steps: shown from the first start, when no folder is there, until the first question or until they are put away.

import { remember, remembered } from './preferences'
import type { Status } from './api'

class First {
  #going = $state(remembered('first', ['going', 'done']) === 'going')

  /** Whether they are to be shown now. */
  shown(status: Status | null): boolean {
    return status !== null && (status.sources.length === 0 || this.#going)
  }

  /** To be told of each status: where no folder is there, the steps begin. */
  see(status: Status): void {
    if (status.sources.length > 0 || this.#going) return
    this.#going = true
    remember('first', 'going')
  }

  finish(): void {
    if (!this.#going) return
    this.#going = false
    remember('first', 'done')
  }
}

export const first = new First()
