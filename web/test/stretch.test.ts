import { expect, test } from 'vitest'
import { stretchAround } from '../src/lib/stretch'

test('a long list is cut around what is meant, a short one is whole', () => {
  const of = (length: number, at: number): [number, number] => {
    const { start, end } = stretchAround(length, at, 20)
    return [start, end]
  }
  expect(of(0, -1)).toEqual([0, 0])
  expect(of(20, 19)).toEqual([0, 20])
  expect(of(57, -1)).toEqual([0, 20])
  expect(of(57, 3)).toEqual([0, 20])
  expect(of(57, 30)).toEqual([20, 40])
  expect(of(57, 56)).toEqual([37, 57])
})
