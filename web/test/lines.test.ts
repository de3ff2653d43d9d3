import { expect, test } from 'vitest'
import { lineAt, lineOf, linesOf } from '../src/lib/lines'
import { pick, random } from './random'

const read = (text: string): [number, string][] => {
  const lines = linesOf(text)
  return lines.starts.map((_, index) => {
    const { number, from, to } = lineAt(lines, text, index)
    return [number, text.slice(from, to)]
  })
}

test('lines have the numbers of the file, empty ones too, and no break at their end', () => {
  expect(read('\none\r\n\n two\n')).toEqual([[1, ''], [2, 'one'], [3, ''], [4, ' two']])
  expect(read('one')).toEqual([[1, 'one']])
  expect(read('')).toEqual([[1, '']])
})

test('a very long line comes in pieces, of which the first has the number, and no character is parted', () => {
  const text = `a\n${'🍵'.repeat(12_000)}\nb`
  const pieces = read(text)
  expect(pieces.map(([number]) => number)).toEqual([1, 2, 0, 0, 3])
  expect(pieces.slice(1, 4).map(([, piece]) => piece).join('')).toBe('🍵'.repeat(12_000))
  for (const [, piece] of pieces) expect(piece.isWellFormed()).toBe(true)
})

test('an offset lies in the line that an editor would say', () => {
  const next = random(11)
  for (let round = 0; round < 200; round++) {
    const text = Array.from({ length: 40 }, () => pick(next, ['a', '茶', '\n', '\r\n', ' '])).join('')
    const lines = linesOf(text)
    const offset = Math.floor(next() * text.length)
    expect(lines.numbers[lineOf(lines, offset)]).toBe(text.slice(0, offset).split('\n').length)
  }
})

test('two hundred thousand lines are found', () => {
  const lines = linesOf('2026-03-01 09:00:00 kettle: 70 °C\n'.repeat(200_000))
  expect(lines.numbers.at(-1)).toBe(200_000)
})
