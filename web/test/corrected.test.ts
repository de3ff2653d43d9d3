import { expect, test } from 'vitest'
import { byTyped } from '../src/lib/corrected'

test('all that a word may have meant stands together, in the order of the words', () => {
  const corrections = [
    { typed: 'stepe', meant: 'steep' },
    { typed: 'constructor', meant: 'constructors' },
    { typed: 'stepe', meant: 'steeped' },
  ]
  expect(byTyped(corrections)).toEqual([
    { typed: 'stepe', meant: ['steep', 'steeped'] },
    { typed: 'constructor', meant: ['constructors'] },
  ])
  expect(byTyped([])).toEqual([])
})
