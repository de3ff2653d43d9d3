// Whole numbers as each language writes them.

import type { Language } from './language'

/** What writes them, made with the first number: that takes a browser milliseconds, and many pages begin without one. */
function numbersOf(locale: string): (value: number) => string {
  let format: Intl.NumberFormat | undefined
  return (value) => (format ??= new Intl.NumberFormat(locale)).format(value)
}

export const numbers: Record<Language, (value: number) => string> = {
  en: numbersOf('en'),
  'zh-Hant': numbersOf('zh-Hant-TW'),
  'zh-Hans': numbersOf('zh-Hans-CN'),
}
