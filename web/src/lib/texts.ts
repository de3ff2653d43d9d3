// The texts of a language, which the built page fetches as data (scripts/texts.mjs); where nothing is built the catalogues hold them.

import type { Language } from './language'

/** Where they are; put in by the build. */
declare const __TEXTS__: Record<Language, string>

export type Texts = Record<string, unknown[]>

const fetched = new Map<Language, Promise<Texts>>()

/** Those of a language, fetched once. */
export function texts(language: Language): Promise<Texts> {
  const known = fetched.get(language)
  if (known) return known
  const asked = data<Texts>(__TEXTS__[language])
  fetched.set(language, asked)
  // What failed may be there the next time.
  asked.catch(() => fetched.delete(language))
  return asked
}

/** A file of the page itself that is no script. */
export async function data<T>(address: string): Promise<T> {
  const reply = await fetch(address, { credentials: 'same-origin' })
  if (!reply.ok) throw new Error(`${address}: HTTP ${reply.status}`)
  return (await reply.json()) as T
}
