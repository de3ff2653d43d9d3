import { expect, test } from 'vitest'
import { portion } from '../src/lib/portions'
import { random } from './random'

const none = { before: 0, after: 0 }

test('without a passage it is the beginning, and grows by portions', () => {
  expect(portion(1000, 400, { first: -1, last: -1 }, none)).toEqual({ from: 0, to: 400 })
  expect(portion(1000, 400, { first: -1, last: -1 }, { before: 0, after: 2 })).toEqual({ from: 0, to: 1000 })
  expect(portion(10, 400, { first: -1, last: -1 }, none)).toEqual({ from: 0, to: 10 })
})

test('a passage further down has some of what stands before it, and more on request', () => {
  expect(portion(200_000, 400, { first: 190_000, last: 190_001 }, none)).toEqual({ from: 189_900, to: 190_300 })
  expect(portion(200_000, 400, { first: 190_000, last: 190_001 }, { before: 1, after: 1 })).toEqual({ from: 189_500, to: 190_700 })
})

test('where a passage begins is always shown, and never more than there is', () => {
  const next = random(3)
  for (let round = 0; round < 500; round++) {
    const count = 1 + Math.floor(next() * 3000)
    const size = 1 + Math.floor(next() * 500)
    const first = Math.floor(next() * count)
    const last = Math.min(count - 1, first + Math.floor(next() * 2 * size))
    const { from, to } = portion(count, size, { first, last }, { before: Math.floor(next() * 3), after: Math.floor(next() * 3) })
    expect(from >= 0 && from <= first && first < to && to <= count, JSON.stringify({ count, size, first, last, from, to })).toBe(true)
  }
})
