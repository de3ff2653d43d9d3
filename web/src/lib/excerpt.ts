// A passage may be long; a list of results shows the part around its first highlight.

import type { Segment } from './api'

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
