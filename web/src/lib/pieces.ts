// What is shown of a source, piece by piece, each with the place it came from: so what is marked in the source is marked where it is shown.

import type { Segment } from './api'
import type { Range } from './passage'

/** Stands for the source from `from` to `to`, unit by unit where it is as long, as a whole where it is not. */
export interface Piece {
  text: string
  from: number
  to: number
}

/** The pieces as text, marked where the range lies; what stands for something as a whole is marked when the range touches it. */
export function markPieces(pieces: readonly Piece[], range: Range | undefined): Segment[] {
  const segments: Segment[] = []
  const add = (text: string, mark: boolean): void => {
    const last = segments.at(-1)
    if (text === '') return
    if (last?.mark === mark) last.text += text
    else segments.push({ text, mark })
  }
  for (const { text, from, to } of pieces) {
    const [start, end] = range ? [Math.max(from, range[0]), Math.min(to, range[1])] : [to, to]
    if (start >= end) add(text, false)
    else if (text.length !== to - from) add(text, true)
    else {
      add(text.slice(0, start - from), false)
      add(text.slice(start - from, end - from), true)
      add(text.slice(end - from), false)
    }
  }
  return segments
}
