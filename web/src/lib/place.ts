// Where a passage stands, in words. The API's own label is English; the locator says it in any language.

import type { Locator } from './api'
import type { Messages } from './messages/en'

export function placeLabel(locator: Locator, messages: Messages): string {
  const words = messages.place
  switch (locator.kind) {
    case 'whole':
      return words.whole
    case 'lines':
      return words.lines(locator.first, locator.last)
    case 'pages':
      return words.pages(locator.first, locator.last)
    case 'message_part': {
      const lines = words.lines(locator.first, locator.last)
      return locator.part === '' ? lines : words.messagePart(locator.part, lines)
    }
    case 'cells': {
      const rows = words.rows(locator.first, locator.last)
      return locator.sheet === '' ? rows : words.sheet(locator.sheet, rows)
    }
  }
}

/** The label of a section, which comes without its locator: `lines 3–9`, `page 2`. Others stay as they are. */
export function sectionLabel(label: string, messages: Messages): string {
  const found = /^(lines?|pages?|rows?) (\d+)(?:[–-](\d+))?$/.exec(label)
  if (!found) return label
  const first = Number(found[2])
  const last = Number(found[3] ?? found[2])
  const word = (found[1] ?? '').replace(/s$/, '')
  if (word === 'line') return messages.place.lines(first, last)
  return word === 'page' ? messages.place.pages(first, last) : messages.place.rows(first, last)
}
