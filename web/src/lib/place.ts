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

/** The label of a section, which comes without its locator: `lines 3–9`, `message part 2.1, line 1`, `sheet Budget, row 2`. */
export function sectionLabel(label: string, messages: Messages): string {
  const found = /^(?:message part (.+), |sheet (.+), )?(lines?|pages?|rows?) (\d+)(?:[–-](\d+))?$/s.exec(label)
  if (!found) return label
  const [, part, sheet, unit = '', from, to = from] = found
  const [first, last] = [Number(from), Number(to)]
  if (unit.startsWith('page')) return messages.place.pages(first, last)
  if (unit.startsWith('row')) return placeLabel({ kind: 'cells', sheet: sheet ?? '', first, last }, messages)
  return placeLabel({ kind: 'message_part', part: part ?? '', first, last }, messages)
}
