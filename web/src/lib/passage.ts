// Finds in a document's sections what a citation or a hit stands for, and cuts the sections into marked and unmarked text.

import type { Section, Segment, Span } from './api'

/** What to look for: the span of a citation, the text of a hit, or both. */
export interface Target {
  span: Span | null
  quote: string
}

export interface MarkedSection {
  section: Section
  segments: Segment[]
  /** Holds some or all of the passage. */
  inside: boolean
}

export interface Marked {
  sections: MarkedSection[]
  /** Index of the section where the passage begins; -1 when it was not found. */
  first: number
  /** True when the quoted words themselves were found, not only their section. */
  exact: boolean
}

/**
 * The quote is looked for in the sections that the span touches, then in the whole document; white space may differ.
 * Where the words are not found, the sections that the span touches are marked whole.
 */
export function markPassage(sections: readonly Section[], target: Target | null): Marked {
  if (!target) return plain(sections)
  const touched = sections.map((section) => target.span !== null && overlaps(section.span, target.span))
  const found =
    locate(sections, target.quote, (index) => touched[index] ?? false) ?? locate(sections, target.quote, () => true)
  if (found) {
    return {
      sections: sections.map((section, index) => cut(section, found.get(index))),
      first: Math.min(...found.keys()),
      exact: true,
    }
  }
  const first = touched.indexOf(true)
  return {
    sections: sections.map((section, index) => ({
      section,
      segments: [{ text: section.text, mark: touched[index] ?? false }],
      inside: touched[index] ?? false,
    })),
    first,
    exact: false,
  }
}

function plain(sections: readonly Section[]): Marked {
  return {
    sections: sections.map((section) => ({ section, segments: [{ text: section.text, mark: false }], inside: false })),
    first: -1,
    exact: false,
  }
}

function overlaps(a: Span, b: Span): boolean {
  return a.start < b.end && b.start < a.end
}

/** Where the quote stands in each section (UTF-16 offsets), or `undefined`. White space is not compared. */
function locate(
  sections: readonly Section[],
  quote: string,
  within: (index: number) => boolean,
): Map<number, [number, number]> | undefined {
  const needle = quote.replace(/\s+/gu, '')
  if (needle === '') return undefined
  let text = ''
  const origin: { index: number; at: number }[] = []
  sections.forEach((section, index) => {
    if (!within(index)) return
    for (let at = 0; at < section.text.length; at++) {
      const unit = section.text[at] ?? ''
      if (/\s/u.test(unit)) continue
      text += unit
      origin.push({ index, at })
    }
  })
  const start = text.indexOf(needle)
  if (start < 0) return undefined
  const ranges = new Map<number, [number, number]>()
  for (const { index, at } of origin.slice(start, start + needle.length)) {
    const range = ranges.get(index)
    if (range) range[1] = at + 1
    else ranges.set(index, [at, at + 1])
  }
  return ranges
}

function cut(section: Section, range: [number, number] | undefined): MarkedSection {
  if (!range) return { section, segments: [{ text: section.text, mark: false }], inside: false }
  const [start, end] = range
  const segments = [
    { text: section.text.slice(0, start), mark: false },
    { text: section.text.slice(start, end), mark: true },
    { text: section.text.slice(end), mark: false },
  ]
  return { section, segments: segments.filter((segment) => segment.text !== ''), inside: true }
}
