// A passage may be long; a list of results shows the part around its first highlight.

import type { DocumentKind, Segment } from './api'

/**
 * About `limit` characters of a passage, from a little before its first highlight; `…` stands where text was left out.
 * Cuts are made between words where a space is near, and never inside a character.
 */
export function excerpt(segments: readonly Segment[], limit: number): Segment[] {
  const text = segments.map((segment) => segment.text).join('')
  if (text.length <= limit) return segments.filter((segment) => segment.text !== '')
  let firstMark = 0
  for (const segment of segments) {
    if (segment.mark) break
    firstMark += segment.text.length
  }
  if (firstMark >= text.length) firstMark = 0
  const start = wordStart(text, Math.max(0, Math.min(firstMark - Math.floor(limit / 4), text.length - limit)), firstMark)
  const end = wordEnd(text, Math.min(text.length, start + limit))
  const cut: Segment[] = []
  let at = 0
  for (const segment of segments) {
    const piece = segment.text.slice(Math.max(0, start - at), Math.max(0, end - at))
    if (piece !== '') cut.push({ ...segment, text: piece })
    at += segment.text.length
  }
  if (start > 0) cut.unshift({ text: '… ', mark: false })
  if (end < text.length) cut.push({ text: ' …', mark: false })
  return cut
}

/**
 * A passage as it reads at a glance: of a note, headings without their `#`, and without the line that says the title again, unless what is
 * highlighted stands in it alone.
 */
export function atAGlance(segments: readonly Segment[], { kind, title }: { kind: DocumentKind; title: string }): readonly Segment[] {
  if (kind !== 'note') return segments
  const text = segments.map((segment) => segment.text).join('')
  const marks = [...text.matchAll(/^ {0,3}#{1,6}[ \t]+/gm)].map(({ index, 0: { length } }): Cut => [index, index + length])
  const again = /^\s*#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*(?:\n\s*|$)/.exec(text)
  if (again?.[1] === title && again[0].length < text.length) {
    const shorter = without(segments, [[0, again[0].length], ...marks.filter(([from]) => from >= again[0].length)])
    if (shorter.some(({ mark }) => mark) || !segments.some(({ mark }) => mark)) return shorter
  }
  return without(segments, marks)
}

type Cut = [from: number, to: number]

/** What is left of the segments; the cuts are in order. */
function without(segments: readonly Segment[], cuts: readonly Cut[]): Segment[] {
  const left: Segment[] = []
  let at = 0
  for (const segment of segments) {
    const end = at + segment.text.length
    let text = ''
    let from = at
    for (const [start, stop] of cuts) {
      if (stop <= from || start >= end) continue
      text += segment.text.slice(from - at, Math.max(from, start) - at)
      from = Math.min(stop, end)
    }
    text += segment.text.slice(from - at)
    if (text !== '') left.push({ ...segment, text })
    at = end
  }
  return left
}

const near = 16

function wordStart(text: string, at: number, before: number): number {
  if (at === 0) return 0
  const space = text.slice(at, Math.min(at + near, before)).search(/\s\S/)
  return space < 0 ? onCharacter(text, at) : at + space + 1
}

function wordEnd(text: string, at: number): number {
  if (at >= text.length) return text.length
  const tail = text.slice(at - near, at)
  const space = tail.search(/\s\S*$/)
  return space < 0 ? onCharacter(text, at) : at - near + space
}

function onCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at
}
