// The words of the page in each language, each loaded when the page speaks it.

import type { Language } from './language'
import type { Messages } from './messages/en'
import { texts } from './texts'

const scripts: Record<Language, () => Promise<Messages>> = {
  en: async () => (await import('./messages/en')).en,
  'zh-Hant': async () => (await import('./messages/zh-Hant')).zhHant,
  'zh-Hans': async () => (await import('./messages/zh-Hans')).zhHans,
}

export function catalogue(language: Language): Promise<Messages> {
  // Asked for beside the script that waits for them; what fails it says too.
  if (import.meta.env.PROD) texts(language).catch(() => undefined)
  return scripts[language]()
}
