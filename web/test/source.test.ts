import { expect, test } from 'vitest'
import type { Section } from '../src/lib/api'
import { findPassage } from '../src/lib/passage'
import { rangeIn, sourceOf } from '../src/lib/source'
import { pick, random } from './random'

const bytes = (text: string): number => new TextEncoder().encode(text).length

/** The sections that a text falls into at these places, with white space between them, as the API gives them. */
export function sectionsOf(text: string, pattern = /\S[^\n]*/g): Section[] {
  let done = 0
  return [...text.matchAll(pattern)].map(({ 0: own, index }) => {
    const before = text.slice(done, index)
    done = index + own.length
    const start = bytes(text.slice(0, index))
    return { label: '', kind: 'paragraph', level: 0, span: { start, end: start + bytes(own) }, text: own, before }
  })
}

test('the text is put together again, and a passage over sections is one stretch of it', () => {
  const text = '\n# Tea 🍵\n\n- one\n    - 第二\n\tlast'
  const sections = sectionsOf(text)
  const source = sourceOf(sections)
  expect(source.text).toBe(text)
  expect(source.starts.map((start, index) => text.startsWith(sections[index]!.text, start))).not.toContain(false)
  const [start, end] = rangeIn(source, findPassage(sections, { span: null, quote: 'one - 第' })) ?? []
  expect(text.slice(start, end)).toBe('one\n    - 第')
  expect(rangeIn(source, findPassage(sections, null))).toBeUndefined()
})

test('every span of bytes is the same stretch of the text', () => {
  const next = random(7)
  for (let round = 0; round < 300; round++) {
    const text = Array.from({ length: 30 }, () => pick(next, ['a', '茶', '🍵', ' ', '\n', '*', 'é'])).join('')
    const sections = sectionsOf(text)
    const units = [...text]
    const from = Math.floor(next() * units.length)
    const to = from + 1 + Math.floor(next() * (units.length - from))
    const wanted = units.slice(from, to).join('')
    const start = bytes(units.slice(0, from).join(''))
    const range = rangeIn(sourceOf(sections), findPassage(sections, { span: { start, end: start + bytes(wanted) }, quote: '' }))
    // White space at its ends may stand between sections.
    expect(range ? text.slice(...range).trim() : '', JSON.stringify([text, wanted])).toBe(wanted.trim())
  }
})
