// What is said beside the text of a document. English has the type.

import { numbers } from '../numbers'

const number = numbers.en
const count = (value: number, one: string, many: string): string => `${number(value)} ${value === 1 ? one : many}`

export const readingEn = {
  empty: 'This document has no text to show.',
  viewFailed: 'What shows this text could not be loaded. Load the page again.',
  before: (what: string) => `Show what comes before (${what})`,
  after: (what: string) => `Show what follows (${what})`,
  sections: (sections: number) => count(sections, 'section', 'sections'),
  lines: (lines: number) => count(lines, 'line', 'lines'),
  rows: (rows: number) => count(rows, 'row', 'rows'),
  parts: (parts: number) => count(parts, 'part', 'parts'),
  view: 'View',
  rendered: 'Rendered',
  written: 'As written',
  table: 'Table',
  sheet: (name: string) => `Sheet ${name}`,
  code: 'Code',
  done: 'Done',
  open: 'Open',
  picture: (name: string) => `Picture: ${name}`,
}
