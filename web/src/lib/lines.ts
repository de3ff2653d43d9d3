// The lines of a text, found once and read by index: there may be very many.

/** A longer line is cut into pieces: a browser lays out one piece of text slowly. */
const longest = 10_000

export interface Lines {
  /** Where each line, or each piece of a long one, begins. */
  starts: number[]
  /** The number of the line that begins there; 0 for what goes on with the one before. */
  numbers: number[]
}

export function linesOf(text: string): Lines {
  const lines: Lines = { starts: [], numbers: [] }
  let number = 0
  for (let start = 0; start < text.length || number === 0; ) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    lines.starts.push(start)
    lines.numbers.push(++number)
    for (let cut = start + longest; cut < end; cut += longest) {
      // Never between the halves of a character.
      if (/[\uDC00-\uDFFF]/.test(text.charAt(cut))) cut--
      lines.starts.push(cut)
      lines.numbers.push(0)
    }
    start = end + 1
  }
  return lines
}

/** From where to where a line goes, without the break at its end. */
export function lineAt(lines: Lines, text: string, index: number): { number: number; from: number; to: number } {
  const from = lines.starts[index] ?? text.length
  const next = lines.starts[index + 1] ?? text.length
  let to = next
  if (text[to - 1] === '\n' && to > from) to--
  if (text[to - 1] === '\r' && to > from && to < next) to--
  return { number: lines.numbers[index] ?? 0, from, to }
}

/** The index of the line in which an offset lies. */
export function lineOf(lines: Lines, offset: number): number {
  let [low, high] = [0, lines.starts.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((lines.starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
