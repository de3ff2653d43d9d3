// What cannot be read in a query: the query cut at it, and the program's words about it in the reader's language.

import type { ApiError, Span } from './api'
import { explain, sentence } from './explain'
import type { Explained, Messages } from './messages/en'
import { plainName } from './plain'

const around = 40

export interface Cut {
  before: string
  marked: string
  after: string
}

/** A query cut at a range of its characters (Unicode scalar values); `…` stands where a long one was shortened. */
export function cutAt(query: string, at: Span): Cut {
  const characters = [...query]
  const start = Math.min(at.start, characters.length)
  const end = Math.max(start, Math.min(at.end, characters.length))
  const piece = (from: number, to: number): string => plainName(characters.slice(from, to).join(''))
  const first = start > around ? start - around : 0
  const shownEnd = Math.min(end, start + 2 * around)
  const last = Math.min(characters.length, shownEnd + around)
  return {
    before: `${first > 0 ? '…' : ''}${piece(first, start)}`,
    marked: piece(start, shownEnd),
    after: `${piece(shownEnd, last)}${last < characters.length ? '…' : ''}`,
  }
}

/** What is wrong and what to do. The program says it in English; what it is known to say is said in Chinese too. */
export function faultWords(error: ApiError, messages: Messages): Explained {
  const known = explain(error, messages)
  if (messages.locale === 'en') return { what: sentence(error.message), hint: known.hint }
  const own = Object.hasOwn(messages.faults, error.message) ? messages.faults[error.message] : undefined
  return own ?? { what: known.what, hint: known.hint }
}
