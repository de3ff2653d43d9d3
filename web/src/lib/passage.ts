// Finds in a document's sections what a citation or a hit stands for, and cuts text into what is marked and what is not.

import type { Section, Segment, Span } from './api'

/** What to look for: the span of a citation, the text of a hit, or both. */
export interface Target {
  span: Span | null
  quote: string
}

/** Two UTF-16 offsets, half-open. */
export type Range = readonly [start: number, end: number]

export interface Passage {
  /** Where it stands in the text of each section that holds some of it. */
  ranges: ReadonlyMap<number, Range>
  /** Indices of the sections where it begins and ends; -1 when it was not found. */
  first: number
  last: number
  /** True when the quoted words themselves were found, not only their section. */
  exact: boolean
}

/**
 * What the span cuts out is the passage where it is the quote, or where there is no quote to compare. Otherwise the quote is
 * looked for in the sections that the span touches, then in the whole document; white space may differ. Where the words
 * are not found, the sections that the span touches are it, whole.
 */
export function findPassage(sections: readonly Section[], target: Target | null): Passage {
  if (!target) return passage(new Map(), false)
  const touched = (section: Section): boolean => target.span !== null && overlaps(section.span, target.span)
  const found = spanned(sections, target) ?? locate(sections, target.quote, touched) ?? locate(sections, target.quote, () => true)
  if (found) return passage(found, true)
  return passage(new Map(sections.flatMap((section, index) => (touched(section) ? [[index, [0, section.text.length]]] : []))), false)
}

function passage(ranges: ReadonlyMap<number, Range>, exact: boolean): Passage {
  const indices = [...ranges.keys()]
  return { ranges, first: indices[0] ?? -1, last: indices.at(-1) ?? -1, exact }
}

/** The text in up to three pieces: before the range, in it, behind it. */
export function cut(text: string, range: Range | undefined): Segment[] {
  const [start, end] = range ?? [0, 0]
  const segments = [
    { text: text.slice(0, Math.max(0, start)), mark: false },
    { text: text.slice(Math.max(0, start), Math.max(0, end)), mark: true },
    { text: text.slice(Math.max(0, end)), mark: false },
  ]
  return segments.filter((segment) => segment.text !== '')
}

function overlaps(a: Span, b: Span): boolean {
  return a.start < b.end && b.start < a.end
}

/** The span, which counts bytes, as UTF-16 offsets in each section it touches; `undefined` where the quote says otherwise. */
function spanned(sections: readonly Section[], { span, quote }: Target): Map<number, Range> | undefined {
  if (!span) return undefined
  const ranges = new Map<number, Range>()
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
function locate(sections: readonly Section[], quote: string, within: (section: Section) => boolean): Map<number, Range> | undefined {
  const needle = stripped(quote)
  if (needle === '') return undefined
  const texts = sections.map((section) => (within(section) ? stripped(section.text) : ''))
  const start = texts.join('').indexOf(needle)
  if (start < 0) return undefined
  const ranges = new Map<number, Range>()
  let before = 0
  texts.forEach((text, index) => {
    const from = Math.max(0, start - before)
    const to = Math.min(text.length, start + needle.length - before)
    before += text.length
    if (from >= to) return
    const own = sections[index]?.text ?? ''
    ranges.set(index, [unstripped(own, from), unstripped(own, to - 1) + 1])
  })
  return ranges
}

/** Where the unit stands in the text that is the given one without white space. */
function unstripped(text: string, unit: number): number {
  let at = 0
  for (let left = unit; ; at++) {
    if (/\s/u.test(text.charAt(at))) continue
    if (left-- === 0) return at
  }
}
