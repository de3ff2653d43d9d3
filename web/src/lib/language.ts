// Which language the page speaks.

import { remembered } from './preferences'

export type Language = 'en' | 'zh-Hant' | 'zh-Hans'

/** The one that was chosen, or what the browser says of the reader. */
export function spoken(): Language {
  return remembered<Language>('language', ['en', 'zh-Hant', 'zh-Hans']) ?? languageOf(navigator.languages)
}

/** The first that the reader understands: of Chinese, the script of the region where it names one; English otherwise. */
export function languageOf(tags: readonly string[]): Language {
  const wanted = tags.find((tag) => /^(zh|en)\b/i.test(tag))?.toLowerCase() ?? ''
  if (!wanted.startsWith('zh')) return 'en'
  if (/-hant\b/.test(wanted)) return 'zh-Hant'
  return /-(hans|cn|sg|my)\b/.test(wanted) ? 'zh-Hans' : 'zh-Hant'
}
