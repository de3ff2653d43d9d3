import { expect, test } from 'vitest'
import type { Locator } from '../src/lib/api'
import { en } from '../src/lib/messages/en'
import { zhHant } from '../src/lib/messages/zh-Hant'
import { placeLabel, sectionLabel } from '../src/lib/place'
import { harmlessName, plainName } from '../src/lib/plain'

const cases: [Locator, string, string][] = [
  [{ kind: 'whole' }, 'the whole document', '整份文件'],
  [{ kind: 'lines', first: 3, last: 9 }, 'lines 3–9', '第 3–9 行'],
  [{ kind: 'lines', first: 3, last: 3 }, 'line 3', '第 3 行'],
  [{ kind: 'pages', first: 2, last: 2 }, 'page 2', '第 2 頁'],
  [{ kind: 'pages', first: 2, last: 4 }, 'pages 2–4', '第 2–4 頁'],
  [{ kind: 'message_part', part: '1', first: 1, last: 4 }, 'part 1, lines 1–4', '第 1 部分，第 1–4 行'],
  [{ kind: 'message_part', part: '', first: 1, last: 1 }, 'line 1', '第 1 行'],
  [{ kind: 'cells', sheet: '', first: 2, last: 8 }, 'rows 2–8', '第 2–8 列'],
  [{ kind: 'cells', sheet: '2026', first: 2, last: 2 }, '2026, row 2', '2026，第 2 列'],
]

test('places are said in both languages', () => {
  for (const [locator, english, chinese] of cases) {
    expect(placeLabel(locator, en)).toBe(english)
    expect(placeLabel(locator, zhHant)).toBe(chinese)
  }
})

test('labels of sections are understood, and others left as they are', () => {
  expect(sectionLabel('lines 3–9', zhHant)).toBe('第 3–9 行')
  expect(sectionLabel('page 2', zhHant)).toBe('第 2 頁')
  expect(sectionLabel('lines 3–9', en)).toBe('lines 3–9')
  expect(sectionLabel('message part 2.1, line 1', zhHant)).toBe('第 2.1 部分，第 1 行')
  expect(sectionLabel('message part 1, lines 1–4', en)).toBe('part 1, lines 1–4')
  expect(sectionLabel('sheet 預算, row 2', zhHant)).toBe('預算，第 2 列')
  expect(sectionLabel('sheet a, rows 1–2, b, rows 2–8', zhHant)).toBe('a, rows 1–2, b，第 2–8 列')
  expect(sectionLabel('something new', zhHant)).toBe('something new')
})

test('names cannot reorder what stands beside them', () => {
  expect(plainName('invoice\u202Efdp.exe')).toBe('invoice\uFFFDfdp.exe')
  expect(plainName('綠茶 — שלום.md')).toBe('綠茶 — שלום.md')
  expect(plainName('pay\u200Bpal\uFEFF')).toBe('pay\uFFFDpal\uFFFD')
  expect(plainName(`z${'\u0300'.repeat(40)}algo`)).toBe(`z${'\u0300'.repeat(8)}\uFFFDalgo`)
  expect(plainName('👩‍👧 می‌خواهم')).toBe('👩‍👧 می‌خواهم')
})

test('a name to be asked for says nothing that is not seen', () => {
  expect(harmlessName('zanzibar \u202Efdp.exe')).toBe('zanzibar fdp.exe')
  expect(harmlessName('綠茶 🍵')).toBe('綠茶 🍵')
})
