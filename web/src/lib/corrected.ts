// What was searched in the stead of words that occur nowhere.

export interface Corrected {
  typed: string
  meant: string[]
}

/** One entry for each typed word, in their order: a word may be a slip for several. */
export function byTyped(corrections: readonly { typed: string; meant: string }[]): Corrected[] {
  const found = new Map<string, string[]>()
  for (const { typed, meant } of corrections) found.set(typed, [...(found.get(typed) ?? []), meant])
  return [...found].map(([typed, meant]) => ({ typed, meant }))
}
