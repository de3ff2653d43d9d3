import { expect, test } from 'vitest'
import type { Section } from '../src/lib/api'
import { cut, findPassage, type Passage, type Target } from '../src/lib/passage'
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

const shown = (all: Section[], passage: Passage): string[] =>
  all.map(({ text }, index) =>
    cut(text, passage.ranges.get(index))
      .map((segment) => (segment.mark ? `«${segment.text}»` : segment.text))
      .join(''),
  )

const marked = (all: Section[], target: Target | null): string[] => shown(all, findPassage(all, target))

test('the quote is marked inside the section that the span names, not where the same words stand earlier', () => {
  const all = sections('綠茶：70 °C。', 'Steep at 70 °C. Then wait.', 'Steep at 70 °C.')
  const found = findPassage(all, { span: all[2]!.span, quote: 'Steep at 70 °C.' })
  expect(shown(all, found)).toEqual(['綠茶：70 °C。', 'Steep at 70 °C. Then wait.', '«Steep at 70 °C.»'])
  expect(found.first).toBe(2)
  expect(found.exact).toBe(true)
})

test('a quote may run over sections, and white space may differ', () => {
  const all = sections('# Tea', 'Steep at\n  70 °C.', 'Wait two minutes. Pour.')
  const found = findPassage(all, { span: null, quote: 'Steep at 70 °C.\n\nWait two minutes.' })
  expect(shown(all, found)).toEqual(['# Tea', '«Steep at\n  70 °C.»', '«Wait two minutes.» Pour.'])
  expect(found.first).toBe(1)
})

test('a span alone marks exactly its bytes, across sections and beside wide characters', () => {
  const all = sections('綠茶 🍵：70 °C。好', 'Steep at 70 °C. Then wait.')
  const first = all[0]!.span.end - new TextEncoder().encode('70 °C。好').length
  const second = all[1]!.span.start + 'Steep at'.length
  const found = findPassage(all, { span: { start: first, end: second }, quote: '' })
  expect(shown(all, found)).toEqual(['綠茶 🍵：«70 °C。好»', '«Steep at» 70 °C. Then wait.'])
  expect(found.exact).toBe(true)
})

test('of the same words twice in a section the span decides', () => {
  const all = sections('tea and tea')
  expect(marked(all, { span: { start: 8, end: 11 }, quote: 'tea' })).toEqual(['tea and «tea»'])
})

test('where the words are gone their section is marked, and that is said', () => {
  const all = sections('one', 'two', 'three')
  const found = findPassage(all, { span: { start: 5, end: 7 }, quote: 'something else' })
  expect(shown(all, found)).toEqual(['one', '«two»', 'three'])
  expect(found.exact).toBe(false)
})

test('without a target, or with one that is nowhere, nothing is marked', () => {
  const all = sections('one', 'two')
  expect(findPassage(all, null).first).toBe(-1)
  expect(findPassage(all, { span: null, quote: 'three' }).first).toBe(-1)
  expect(findPassage(all, { span: { start: 500, end: 510 }, quote: ' ' }).first).toBe(-1)
})

test('the text of a section never changes by being marked', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const next = random(seed)
    const all = sections('茶 tea 🍵 ', 'a b\nc', '綠茶 70 °C', 'a b\nc again')
    const whole = all.map((section) => section.text).join('\n')
    const start = Math.floor(next() * whole.length)
    const quote = whole.slice(start, start + 1 + Math.floor(next() * 12))
    const found = findPassage(all, { span: null, quote })
    expect(all.map(({ text }, index) => cut(text, found.ranges.get(index)).map((segment) => segment.text).join(''))).toEqual(all.map(({ text }) => text))
    if (quote.trim() !== '') expect(found.first, `seed ${seed}`).toBeGreaterThanOrEqual(0)
  }
})

test('the passage ends where its words end, and its last section is known', () => {
  const all = sections('one', 'two three', 'four')
  const found = findPassage(all, { span: null, quote: 'one two' })
  expect([found.first, found.last]).toEqual([0, 1])
  expect(marked(all, { span: null, quote: 'three\n four' })).toEqual(['one', 'two «three»', '«four»'])
})
