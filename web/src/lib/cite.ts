// An answer is plain text with marks like [1]. Only marks that stand for a checked citation become something to press.

export type AnswerPart = { kind: 'text'; text: string } | { kind: 'mark'; text: string; number: number }

/** The parts joined are exactly `text`. */
export function splitAnswer(text: string, numbers: ReadonlySet<number>): AnswerPart[] {
  const parts: AnswerPart[] = []
  let from = 0
  for (const found of text.matchAll(/\[(\d{1,4})\]/g)) {
    const number = Number(found[1])
    if (!numbers.has(number)) continue
    if (found.index > from) parts.push({ kind: 'text', text: text.slice(from, found.index) })
    parts.push({ kind: 'mark', text: found[0], number })
    from = found.index + found[0].length
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) })
  return parts
}
