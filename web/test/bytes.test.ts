import { expect, test } from 'vitest'
import { bytesIn } from '../src/lib/bytes'

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [71, '71 bytes'],
  [999, '999 bytes'],
  [1000, '1 kB'],
  [99_940, '99.9 kB'],
  [999_600, '1 MB'],
  [1_117_320_768, '1.1 GB'],
  [234_000_000, '234 MB'],
  [5e15, '5,000 TB'],
])('%d bytes are %s', (value, expected) => {
  expect(bytesIn(value, 'en')).toBe(expected)
})

test('the units are of the language', () => {
  expect(bytesIn(1_500_000, 'zh-Hant-TW')).toMatch(/^1\.5\s?MB$/)
  expect(bytesIn(71, 'zh-Hant-TW')).toMatch(/^71\s?(?:byte|位元組)$/)
  expect(bytesIn(71, 'zh-Hans-CN')).toMatch(/^71\s?字节$/)
  expect(bytesIn(-1, 'en')).toBe('0 bytes')
})
