// What somebody typed and has not asked yet, and what they asked and is not answered yet: neither is lost with the page.

export type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** A question on its way. */
export interface Pending {
  question: string
  /** The conversation it belongs to; empty for a new one. */
  conversation: string
  /** When it was asked, in milliseconds. */
  began: number
}

const typedKey = 'rushlight.drafts'
const pendingKey = 'rushlight.asked'
/** Drafts kept at most; the one that was not touched for longest goes first. */
const mostDrafts = 20

export class Drafts {
  readonly #shelf: () => Shelf

  /** `shelf` may throw: a browser may forbid it, and then nothing is kept. */
  constructor(shelf: () => Shelf) {
    this.#shelf = shelf
  }

  /** What was typed in a conversation; in the one that has no name yet where that is empty. */
  typed(conversation: string): string {
    return this.#all().find(([id]) => id === conversation)?.[1] ?? ''
  }

  keep(conversation: string, text: string): void {
    const others = this.#all().filter(([id]) => id !== conversation)
    const all = text.trim() === '' ? others : [...others, [conversation, text]]
    this.#write(typedKey, all.length === 0 ? null : all.slice(-mostDrafts))
  }

  pending(): Pending | null {
    const value = this.#read(pendingKey) as Partial<Pending> | null
    if (typeof value?.question !== 'string' || typeof value.conversation !== 'string' || typeof value.began !== 'number') return null
    return { question: value.question, conversation: value.conversation, began: value.began }
  }

  asked(pending: Pending | null): void {
    this.#write(pendingKey, pending)
  }

  #all(): [string, string][] {
    const value = this.#read(typedKey)
    if (!Array.isArray(value)) return []
    return value.filter((one): one is [string, string] => Array.isArray(one) && typeof one[0] === 'string' && typeof one[1] === 'string')
  }

  #read(key: string): unknown {
    try {
      return JSON.parse(this.#shelf().getItem(key) ?? 'null')
    } catch {
      return null
    }
  }

  #write(key: string, value: unknown): void {
    try {
      if (value === null) this.#shelf().removeItem(key)
      else this.#shelf().setItem(key, JSON.stringify(value))
    } catch {
      // It is kept until the page is closed.
    }
  }
}
