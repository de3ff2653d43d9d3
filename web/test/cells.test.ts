import { expect, test } from 'vitest'
import type { Document, Section } from '../src/lib/api'
import { cellsOf, groupOf, groupsOf, isNumber, writingOf, type Writing } from '../src/lib/cells'
import { markPieces } from '../src/lib/pieces'
import { pick, random } from './random'

const tabs: Writing = { separator: '\t', quoted: false }
const commas: Writing = { separator: ',', quoted: true }

const section = (kind: string, text: string, before = '\n'): Section => ({ label: '', kind, level: 0, span: { start: 0, end: 0 }, text, before })
const texts = (text: string, writing: Writing, before = '\n'): string[] => cellsOf(section('table_row', text, before), writing).map((cell) => cell.text)

test('cells are taken apart as they were written', () => {
  expect(texts('a\t\tb c', tabs)).toEqual(['a', '', 'b c'])
  expect(texts('a,"b, ""c""\nd",,e"f', commas)).toEqual(['a', 'b, "c"\nd', '', 'e"f'])
  expect(texts('"a"b,"open', commas)).toEqual(['ab', 'open'])
  expect(texts('', commas)).toEqual([''])
})

test('empty cells before the first filled one are kept, wherever their tabs stand', () => {
  expect(texts('\t茶\t3', tabs)).toEqual(['', '茶', '3'])
  expect(texts('茶\t3', { separator: '\t', quoted: true }, '\n\t')).toEqual(['', '茶', '3'])
  expect(texts('茶,3', commas, '\n\t')).toEqual(['茶', '3'])
})

test('a table in text form is written with what parts most cells of its first line', () => {
  const of = (media_type: string, kind: string, text: string): Writing | null => writingOf({ media_type, kind, sections: [section('table_header', text)] } as unknown as Document)
  expect(of('text/csv', 'table', 'a;b;c,d')).toEqual({ separator: ';', quoted: true })
  expect(of('text/csv', 'table', 'a,b;c')).toEqual({ separator: ',', quoted: true })
  expect(of('text/tab-separated-values', 'table', 'a,b\tc')).toEqual({ separator: '\t', quoted: true })
  expect(of('application/vnd.oasis.opendocument.spreadsheet', 'table', 'a,b\tc')).toEqual(tabs)
  expect(of('text/html', 'html', 'a | b')).toBeNull()
})

test('every word of a row is marked in its cell and in no other', () => {
  const next = random(5)
  for (let round = 0; round < 300; round++) {
    const words = Array.from({ length: 6 }, (_, index) => `w${index}w`)
    const row = words.map((word) => pick(next, [word, `"${word}"`, `"a, ""${word}"" 茶"`, `"${word}\n"`])).join(',')
    const cells = cellsOf(section('table_row', row), commas)
    expect(cells.length).toBe(6)
    words.forEach((word, column) => {
      const at = row.indexOf(word)
      const marked = cells.map((cell) => markPieces(cell.pieces, [at, at + word.length]).filter((segment) => segment.mark).map((segment) => segment.text).join(''))
      expect(marked, row).toEqual(words.map((_, index) => (index === column ? word : '')))
    })
  }
})

test('numbers are told from dates, names and telephone numbers', () => {
  for (const text of ['1', '-2.5', '1,234.50', '1 234', '3\u202f500,00 €', '$ 12', '12 %', '−3', '(40)', '1e5', '£1', '1234567']) expect(isNumber(text), text).toBe(true)
  for (const text of ['', 'NT$', '2026-03-01', '1.2.3', '+44 20 7946 0958', '12 g', 'a1', '10:30', '1,23,4']) expect(isNumber(text), text).toBe(false)
})

test('rows become tables, with titles above the names of columns, captions and what stands beside them', () => {
  const sections = [
    section('heading', 'Stock'), section('table_row', 'Tea of 2026'), section('table_header', 'name\tprice'), section('table_row', 'a\t1'), section('table_row', 'b\t2'),
    section('paragraph', 'note'), section('heading', 'Empty'), section('heading', 'Other'), section('table_row', '1\t2'),
  ]
  expect(groupsOf(sections, tabs, true)).toEqual([
    { table: { caption: 0, rows: [1, 2, 3, 4], head: 2 } }, { section: 5 }, { section: 6 }, { table: { caption: 7, rows: [8], head: 0 } },
  ])
  expect(groupsOf(sections, tabs, false).map((group) => group.section)).toEqual([0, undefined, 5, 6, 7, undefined])
  expect(groupsOf(sections, null, true).map((group) => group.section)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  const groups = groupsOf(sections, tabs, true)
  expect([0, 4, 5, 8, 9].map((index) => groupOf(groups, index))).toEqual([0, 0, 1, 3, -1])
})

test('another row that names columns begins another table', () => {
  const kinds = ['table_header', 'table_header', 'table_row', 'table_header', 'table_row']
  expect(groupsOf(kinds.map((kind) => section(kind, 'a\tb')), tabs, false)).toEqual([
    { table: { caption: -1, rows: [0, 1, 2], head: 2 } }, { table: { caption: -1, rows: [3, 4], head: 1 } },
  ])
})

test('rows of one cell are no table', () => {
  expect(groupsOf([section('table_row', 'a'), section('table_row', 'b')], tabs, false)).toEqual([{ section: 0 }, { section: 1 }])
})
