// Which commands are meant by what is typed. Words fit by their beginnings, in any order; Chinese fits by any part.

export interface Named {
  name: string
  /** What it is called besides, in other languages too. */
  also: readonly string[]
}

/** How well `text` fits `typed`: 0 not at all; the whole, its beginning, the beginning of a word, any part, letters that begin its words. */
export function fit(typed: string, text: string): number {
  const wanted = plain(typed)
  const whole = plain(text)
  if (wanted === '' || whole === wanted) return 5
  if (whole.startsWith(wanted)) return 4
  const at = whole.indexOf(wanted)
  if (at >= 0) return /\p{sc=Han}/u.test(wanted) || begins(whole).some((start) => whole.startsWith(wanted, start)) ? 3 : wanted.length > 1 ? 2 : 0
  const words = wanted.split(' ')
  if (words.length > 1) return Math.min(...words.map((word) => fit(word, whole)), 2.5)
  return wanted.length > 1 && byInitials(wanted, whole) ? 1 : 0
}

/** The better of a command's names; the one that is shown counts a little more. */
export function fits(typed: string, command: Named): number {
  return Math.max(fit(typed, command.name), ...command.also.map((name) => fit(typed, name) - 0.1), 0)
}

/** What fits, best first, and otherwise in its order. */
export function ranked<T extends Named>(typed: string, commands: readonly T[]): { command: T; score: number }[] {
  const all = commands.map((command) => ({ command, score: fits(typed, command) }))
  return all.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score)
}

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim().replace(/\s+/g, ' ')
}

function begins(text: string): number[] {
  return [...text.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu)].map((found) => found.index)
}

/** `gl` is Go to Library: each letter goes on where the last one was, or begins a word behind it. */
function byInitials(wanted: string, text: string): boolean {
  const starts = begins(text)
  let ends = [-1]
  for (const letter of wanted) {
    const next = new Set<number>()
    for (const end of ends) {
      if (end >= 0 && text[end + 1] === letter) next.add(end + 1)
      for (const start of starts) if (start > end && text[start] === letter) next.add(start)
    }
    ends = [...next]
  }
  return ends.length > 0
}
