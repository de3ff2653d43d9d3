// Rows of tables as the sections of a document have them, taken apart into cells.

import type { Document, Section } from './api'
import type { Piece } from './pieces'

/** What parts the cells of a row, and whether they may be quoted so that it can stand in them. */
export interface Writing {
  separator: string
  quoted: boolean
}

export interface Cell {
  /** Of the row's text. */
  pieces: Piece[]
  /** The text without its quotes. */
  text: string
}

/** How the tables of a document are written; `null` where its rows cannot be taken apart. */
export function writingOf({ kind, media_type, sections }: Document): Writing | null {
  if (media_type === 'text/tab-separated-values') return { separator: '\t', quoted: true }
  if (media_type === 'text/csv') return { separator: sniffed(sections[0]?.text ?? ''), quoted: true }
  return kind === 'table' || kind === 'document' || kind === 'slides' ? { separator: '\t', quoted: false } : null
}

/** The separator that occurs most in the first line, as the program takes it. */
function sniffed(text: string): string {
  const [line = ''] = text.split('\n', 1)
  const count = (separator: string): number => line.split(separator).length
  return [',', ';', '\t', '|'].reduce((best, separator) => (count(separator) > count(best) ? separator : best))
}

/** The cells of a row. Tabs before its first filled cell may stand in the white space before the section. */
export function cellsOf({ text, before = '' }: Section, { separator, quoted }: Writing): Cell[] {
  const cells: Cell[] = []
  const empty = separator === '\t' ? (/\t*$/.exec(before)?.[0].length ?? 0) : 0
  for (let left = empty; left > 0; left--) cells.push({ pieces: [], text: '' })
  for (let at = 0; at <= text.length; ) {
    const { pieces, end } = quoted && text[at] === '"' ? quotedCell(text, at, separator) : plainCell(text, at, separator)
    cells.push({ pieces, text: pieces.map((piece) => piece.text).join('') })
    at = end + 1
  }
  return cells
}

function plainCell(text: string, at: number, separator: string): { pieces: Piece[]; end: number } {
  const found = text.indexOf(separator, at)
  const end = found < 0 ? text.length : found
  return { pieces: [{ text: text.slice(at, end), from: at, to: end }], end }
}

/** Up to the quote that is not doubled; what follows it is taken as it stands. */
function quotedCell(text: string, at: number, separator: string): { pieces: Piece[]; end: number } {
  const pieces: Piece[] = []
  let from = at + 1
  for (;;) {
    const found = text.indexOf('"', from)
    const to = found < 0 ? text.length : found
    pieces.push({ text: text.slice(from, to), from, to })
    if (text[to + 1] !== '"' || found < 0) {
      const rest = plainCell(text, Math.min(to + 1, text.length), separator)
      return { pieces: [...pieces, ...rest.pieces], end: rest.end }
    }
    pieces.push({ text: '"', from: to, to: to + 2 })
    from = to + 2
  }
}

/** A number as sheets write it: with a sign, a currency, separators, a unit of per cent; not a date or a telephone number. */
export function isNumber(text: string): boolean {
  return /^[(]?[-+−]?\p{Sc}?\s?[-+−]?\d{1,3}(?:[,.'’\u00a0\u202f ]?\d{3})*(?:[.,]\d+)?(?:[eE][-+]?\d+)?\s?[%‰\p{Sc}]?[)]?$/u.test(text.trim())
}

export interface TableGroup {
  /** Index of the section that names it; -1 where none does. */
  caption: number
  /** Indices of the rows, in order. */
  rows: number[]
  /** How many of them, from the first on, stand at its head; the last of these names the columns. */
  head: number
}

/** Either a table, or a section by itself. */
export type Group = { table: TableGroup; section?: undefined } | { section: number; table?: undefined }

/** A title above the row that names the columns may be so many rows long. */
const longestTitle = 5

/**
 * The sections, with neighbouring rows put together into tables; `captioned` where the heading before a table is its name. Rows none of
 * which has two cells are sections as others.
 */
export function groupsOf(sections: readonly Section[], writing: Writing | null, captioned: boolean): Group[] {
  const groups: Group[] = []
  const kind = (index: number): string => sections[index]?.kind ?? ''
  for (let index = 0; index < sections.length; ) {
    const rows: number[] = []
    let head = 0
    while (writing && (kind(index) === 'table_header' || kind(index) === 'table_row')) {
      if (kind(index) === 'table_header') {
        // Another table begins, unless what stands above are titles or further names of columns.
        if (rows.length > 0 && head !== rows.length && (head > 0 || rows.length > longestTitle)) break
        head = rows.length + 1
      }
      rows.push(index++)
    }
    if (rows.length === 0) {
      groups.push({ section: index++ })
    } else if (!writing || !rows.some((row) => cellsOf(sections[row] as Section, writing).length > 1)) {
      groups.push(...rows.map((section) => ({ section })))
    } else {
      const above = groups.at(-1)?.section ?? -1
      const named = captioned && kind(above) === 'heading'
      if (named) groups.pop()
      groups.push({ table: { caption: named ? above : -1, rows, head } })
    }
  }
  return groups
}

/** The index of the group in which a section stands; -1 for none. */
export function groupOf(groups: readonly Group[], section: number): number {
  return groups.findIndex((group) => group.section === section || group.table?.caption === section || group.table?.rows.includes(section))
}
