import { expect, test } from 'vitest'
import { splitAnswer } from '../src/lib/cite'
import { pick, random } from './random'

test('marks of checked citations are cut out, everything else stays text', () => {
  expect(splitAnswer('Steep at 70 °C. [1][2] See [3] and [2024].', new Set([1, 2]))).toEqual([
    { kind: 'text', text: 'Steep at 70 °C. ' },
    { kind: 'mark', text: '[1]', number: 1 },
    { kind: 'mark', text: '[2]', number: 2 },
    { kind: 'text', text: ' See [3] and [2024].' },
  ])
})

test('an answer without citations is one text', () => {
  expect(splitAnswer('<img src=x onerror=alert(1)> [1](javascript:alert(1))', new Set())).toEqual([
    { kind: 'text', text: '<img src=x onerror=alert(1)> [1](javascript:alert(1))' },
  ])
  expect(splitAnswer('', new Set([1]))).toEqual([])
})

test('the parts joined are the answer, and marks are only checked numbers', () => {
  const alphabet = ['[', ']', '1', '2', '3', '99999', ' ', '茶', '🍵', '[1]', '[2]', '\n', '<b>']
  const numbers = new Set([1, 3])
  for (let seed = 1; seed <= 500; seed++) {
    const next = random(seed)
    const text = Array.from({ length: Math.floor(next() * 30) }, () => pick(next, alphabet)).join('')
    const parts = splitAnswer(text, numbers)
    expect(parts.map((part) => part.text).join('')).toBe(text)
    for (const part of parts) if (part.kind === 'mark') expect(numbers).toContain(part.number)
  }
})
