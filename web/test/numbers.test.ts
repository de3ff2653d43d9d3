import { expect, test } from 'vitest'
import { numbers } from '../src/lib/numbers'

test.each(['en', 'zh-Hant', 'zh-Hans'] as const)('thousands are parted in %s, each time alike', (language) => {
  const number = numbers[language]
  expect([number(0), number(1234567), number(1234567)]).toEqual(['0', '1,234,567', '1,234,567'])
})
