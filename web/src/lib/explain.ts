// An error in the reader's language: the catalogue's words for its code, the program's own message as the detail.

import type { Messages } from './messages/en'

export interface Explanation {
  what: string
  hint: string
  detail: string
}

/** In English the program's own hint is kept where it gave one: it may know more than its code. */
export function explain(error: { code: string; message: string; hint: string }, messages: Messages): Explanation {
  const known = Object.hasOwn(messages.errors, error.code) ? messages.errors[error.code] : undefined
  if (!known) return { what: error.code, hint: error.hint, detail: error.message }
  const own = messages.locale === 'en' && error.hint !== '' ? sentence(error.hint) : known.hint
  return { what: known.what, hint: own, detail: error.message }
}

/** The program's own words, which begin small and end open, as a sentence. */
export function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}
