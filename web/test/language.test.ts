import { expect, test } from 'vitest'
import { languageOf } from '../src/lib/language'

test('the page greets in the first language it knows', () => {
  expect(languageOf(['en-GB', 'zh-TW'])).toBe('en')
  expect(languageOf(['fr', 'zh-TW', 'en'])).toBe('zh-Hant')
  expect(languageOf(['zh'])).toBe('zh-Hant')
  expect(languageOf(['zh-HK'])).toBe('zh-Hant')
  expect(languageOf(['zh-Hant-CN'])).toBe('zh-Hant')
  expect(languageOf(['zh-CN'])).toBe('zh-Hans')
  expect(languageOf(['zh-Hans-TW'])).toBe('zh-Hans')
  expect(languageOf(['de'])).toBe('en')
  expect(languageOf([])).toBe('en')
})
