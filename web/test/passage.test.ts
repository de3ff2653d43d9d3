import { expect, test } from 'vitest'
import type { Section } from '../src/lib/api'
import { markPassage } from '../src/lib/passage'
import { random } from './random'

/** Sections as the API gives them: spans in bytes of UTF-8, white space between. */
function sections(...texts: string[]): Section[] {
  let at = 0
  return texts.map((text, index) => {
    const start = at
    const end = start + new TextEncoder().encode(text).length
    at = end + 2
    return { label: `line ${index + 1}`, kind: 'paragraph', level: null, span: { start, end }, text }
  })
}

const shown = (marked: ReturnType<typeof markPassage>): string[] =>
  marked.sections.map((one) => one.segments.map((segment) => (segment.mark ? `«${segment.text}»` : segment.text)).join(''))

test('the quote is marked inside the section that the span names, not where the same words stand earlier', () => {
  const all = sections('綠茶：70 °C。', 'Steep at 70 °C. Then wait.', 'Steep at 70 °C.')
  const marked = markPassage(all, { span: all[2]!.span, quote: 'Steep at 70 °C.' })
  expect(shown(marked)).toEqual(['綠茶：70 °C。', 'Steep at 70 °C. Then wait.', '«Steep at 70 °C.»'])
  expect(marked.first).toBe(2)
  expect(marked.exact).toBe(true)
})

test('a quote may run over sections, and white space may differ', () => {
  const all = sections('# Tea', 'Steep at\n  70 °C.', 'Wait two minutes. Pour.')
  const marked = markPassage(all, { span: null, quote: 'Steep at 70 °C.\n\nWait two minutes.' })
  expect(shown(marked)).toEqual(['# Tea', '«Steep at\n  70 °C.»', '«Wait two minutes.» Pour.'])
  expect(marked.first).toBe(1)
})

test('a span alone marks exactly its bytes, across sections and beside wide characters', () => {
  const all = sections('綠茶 🍵：70 °C。好', 'Steep at 70 °C. Then wait.')
  const first = all[0]!.span.end - new TextEncoder().encode('70 °C。好').length
  const second = all[1]!.span.start + 'Steep at'.length
  const marked = markPassage(all, { span: { start: first, end: second }, quote: '' })
  expect(shown(marked)).toEqual(['綠茶 🍵：«70 °C。好»', '«Steep at» 70 °C. Then wait.'])
  expect(marked.exact).toBe(true)
})

test('of the same words twice in a section the span decides', () => {
  const all = sections('tea and tea')
  expect(shown(markPassage(all, { span: { start: 8, end: 11 }, quote: 'tea' }))).toEqual(['tea and «tea»'])
})

test('where the words are gone their section is marked, and that is said', () => {
  const all = sections('one', 'two', 'three')
  const marked = markPassage(all, { span: { start: 5, end: 7 }, quote: 'something else' })
  expect(shown(marked)).toEqual(['one', '«two»', 'three'])
  expect(marked.exact).toBe(false)
})

test('without a target, or with one that is nowhere, nothing is marked', () => {
  const all = sections('one', 'two')
  expect(markPassage(all, null).first).toBe(-1)
  expect(markPassage(all, { span: null, quote: 'three' }).first).toBe(-1)
  expect(markPassage(all, { span: { start: 500, end: 510 }, quote: ' ' }).first).toBe(-1)
})

test('the text of a section never changes by being marked', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const next = random(seed)
    const all = sections('茶 tea 🍵 ', 'a b\nc', '綠茶 70 °C', 'a b\nc again')
    const whole = all.map((section) => section.text).join('\n')
    const start = Math.floor(next() * whole.length)
    const quote = whole.slice(start, start + 1 + Math.floor(next() * 12))
    const marked = markPassage(all, { span: null, quote })
    expect(marked.sections.map((one) => one.segments.map((segment) => segment.text).join(''))).toEqual(all.map((section) => section.text))
    if (quote.trim() !== '') expect(marked.first, `seed ${seed}`).toBeGreaterThanOrEqual(0)
  }
})
