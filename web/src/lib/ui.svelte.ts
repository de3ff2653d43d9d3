// Language and appearance: chosen, remembered, and written to <html>.

import { toApiError } from './api'
import { catalogue } from './catalogues'
import { connection } from './connection.svelte'
import { spoken, type Language } from './language'
import type { Messages } from './messages/en'
import { remember, remembered } from './preferences'

export type { Language }
export type Theme = 'system' | 'light' | 'dark'

export const languages: readonly { id: Language; name: string }[] = [
  { id: 'en', name: 'English' },
  { id: 'zh-Hant', name: '繁體中文' },
  { id: 'zh-Hans', name: '简体中文' },
]
export const themes: readonly Theme[] = ['system', 'light', 'dark']

class Ui {
  language: Language = $state(spoken())
  theme: Theme = $state(remembered<Theme>('theme', themes) ?? 'system')
  /** Every word of the page; there from `begin` on. */
  m: Messages = $state.raw({} as Messages)

  #wanted = this.language

  // Dates as the reader's own region writes them, where the browser names one of this language.
  #locale = $derived(navigator.languages.find((tag) => tag.split('-')[0] === this.m.locale.split('-')[0]) ?? this.m.locale)
  #percent = $derived(new Intl.NumberFormat(this.m.locale, { style: 'percent' }))
  #number = $derived(new Intl.NumberFormat(this.m.locale, { maximumFractionDigits: 1 }))
  #date = $derived(new Intl.DateTimeFormat(this.#locale, { dateStyle: 'medium' }))
  #month = $derived(new Intl.DateTimeFormat(this.#locale, { year: 'numeric', month: 'long' }))
  #moment = $derived(new Intl.DateTimeFormat(this.#locale, { dateStyle: 'medium', timeStyle: 'short' }))

  /** A whole number of hundredths. */
  percent(value: number): string {
    return this.#percent.format(value / 100)
  }

  number(value: number): string {
    return this.#number.format(value)
  }

  /** A day; what is no date stays as it is. */
  date(iso: string | null): string {
    const time = new Date(iso ?? '')
    return Number.isNaN(time.getTime()) ? (iso ?? '') : this.#date.format(time)
  }

  month(iso: string): string {
    const time = new Date(iso)
    return Number.isNaN(time.getTime()) ? iso : this.#month.format(time)
  }

  moment(iso: string | null): string {
    const time = new Date(iso ?? '')
    return Number.isNaN(time.getTime()) ? (iso ?? '') : this.#moment.format(time)
  }

  list(items: readonly string[]): string {
    return items.join(this.m.common.separator)
  }

  /** Before anything is said. */
  async begin(): Promise<void> {
    this.apply()
    this.m = await catalogue(this.language)
  }

  /** Speaks another language as soon as its words are there. */
  async setLanguage(language: Language): Promise<void> {
    this.#wanted = language
    const words = await catalogue(language).catch((thrown: unknown) => connection.noticed(toApiError(thrown)))
    if (!words || language !== this.#wanted) return
    this.language = language
    this.m = words
    remember('language', language)
    this.apply()
  }

  setTheme(theme: Theme): void {
    this.theme = theme
    remember('theme', theme)
    this.apply()
  }

  apply(): void {
    document.documentElement.lang = this.language
    document.documentElement.dataset.theme = this.theme
  }
}

export const ui = new Ui()
