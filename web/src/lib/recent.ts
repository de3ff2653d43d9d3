// The documents that were read last, so that they can be opened again: number and title, kept in the browser.

import type { Shelf } from './drafts'

export interface Read {
  id: string
  title: string
}

const key = 'rushlight.read'
const most = 8

export class Recent {
  readonly #shelf: () => Shelf

  /** `shelf` may throw: a browser may forbid it, and then nothing is kept. */
  constructor(shelf: () => Shelf) {
    this.#shelf = shelf
  }

  /** The last one first. */
  all(): Read[] {
    try {
      const value: unknown = JSON.parse(this.#shelf().getItem(key) ?? '[]')
      if (!Array.isArray(value)) return []
      return value.filter((one): one is Read => typeof one?.id === 'string' && typeof one?.title === 'string').slice(0, most)
    } catch {
      return []
    }
  }

  read({ id, title }: Read): void {
    this.#write([{ id, title: title.slice(0, 200) }, ...this.all().filter((one) => one.id !== id)].slice(0, most))
  }

  /** One that is gone. */
  forget(id: string): void {
    this.#write(this.all().filter((one) => one.id !== id))
  }

  #write(all: Read[]): void {
    try {
      this.#shelf().setItem(key, JSON.stringify(all))
    } catch {
      // It is a comfort.
    }
  }
}

export const recent = new Recent(() => localStorage)
