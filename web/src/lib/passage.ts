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
 * What the span cuts out is marked where it is the quote, or where there is no quote to compare. Otherwise the quote is
 * looked for in the sections that the span touches, then in the whole document; white space may differ. Where the words
 * are not found, the sections that the span touches are marked whole.
 */
export function markPassage(sections: readonly Section[], target: Target | null): Marked {
  if (!target) return plain(sections)
  const touched = sections.map((section) => target.span !== null && overlaps(section.span, target.span))
  const found =
    spanned(sections, target) ??
    locate(sections, target.quote, (index) => touched[index] ?? false) ??
    locate(sections, target.quote, () => true)
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

type Ranges = Map<number, [start: number, end: number]>

/** The span, which counts bytes, as UTF-16 offsets in each section it touches; `undefined` where the quote says otherwise. */
function spanned(sections: readonly Section[], { span, quote }: Target): Ranges | undefined {
  if (!span) return undefined
  const ranges: Ranges = new Map()
  let text = ''
  sections.forEach((section, index) => {
    if (!overlaps(section.span, span)) return
    const start = unitAt(section.text, span.start - section.span.start)
    const end = unitAt(section.text, span.end - section.span.start)
    if (start === end) return
    ranges.set(index, [start, end])
    text += section.text.slice(start, end)
  })
  const same = quote === '' || stripped(text) === stripped(quote)
  return same && ranges.size > 0 ? ranges : undefined
}

/** The UTF-16 offset of a byte of UTF-8: that of the character the byte is in, kept inside the text. */
function unitAt(text: string, byte: number): number {
  let bytes = 0
  let unit = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (bytes > byte) break
    unit += character.length
  }
  return unit
}

function stripped(text: string): string {
  return text.replace(/\s+/gu, '')
}

/** Where the quote stands in each section (UTF-16 offsets), or `undefined`. White space is not compared. */
function locate(
  sections: readonly Section[],
  quote: string,
  within: (index: number) => boolean,
): Ranges | undefined {
  const needle = stripped(quote)
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
  const ranges: Ranges = new Map()
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
