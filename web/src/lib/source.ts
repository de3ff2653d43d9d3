// A document's text put together from its sections again, so that what is shown can be told by its offset in the text.

import type { Section } from './api'
import type { Passage, Range } from './passage'

export interface Source {
  text: string
  /** Where each section begins. */
  starts: number[]
}

export function sourceOf(sections: readonly Section[]): Source {
  const parts: string[] = []
  const starts: number[] = []
  let length = 0
  for (const { before = '', text } of sections) {
    starts.push(length + before.length)
    length += before.length + text.length
    parts.push(before, text)
  }
  return { text: parts.join(''), starts }
}

/** From the first of the passage to the last, with the white space between its sections. */
export function rangeIn(source: Source, { ranges, first, last }: Passage): Range | undefined {
  const [begin, end] = [ranges.get(first), ranges.get(last)]
  return begin && end && [(source.starts[first] ?? 0) + begin[0], (source.starts[last] ?? 0) + end[1]]
}
