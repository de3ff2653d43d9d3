import { expect, test } from 'vitest'
import searching from '../../docs/search.md?raw'
import { explain, sentence } from '../src/lib/explain'
import { en } from '../src/lib/messages/en'
import { zhHans } from '../src/lib/messages/zh-Hans'
import { zhHant } from '../src/lib/messages/zh-Hant'

type Leaf = [path: string, value: unknown]

function leaves(value: unknown, path = ''): Leaf[] {
  if (typeof value !== 'object' || value === null) return [[path, value]]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
}

/** What a message says; functions are called with samples of their parameters' kinds. */
function said(value: unknown): string {
  if (typeof value !== 'function') return String(value)
  const message = value as (...values: unknown[]) => string
  return message(...[3, 5, 7].slice(0, message.length))
}

test('all languages have the same messages, and functions take the same values', () => {
  // The program says its faults in English itself.
  const shape = (catalogue: object): string[] =>
    leaves({ ...catalogue, faults: {} }).map(([path, value]) => `${path}: ${typeof value === 'function' ? `function of ${value.length}` : typeof value}`)
  expect(shape(zhHant).sort()).toEqual(shape(en).sort())
  expect(shape(zhHans).sort()).toEqual(shape(en).sort())
})

test('no message is empty but hints that have nothing to say, in all languages alike', () => {
  const empty = (catalogue: object): string[] =>
    leaves(catalogue).filter(([, value]) => said(value) === '').map(([path]) => path)
  expect(empty(en).every((path) => /^\.errors\.\w+\.hint$/.test(path))).toBe(true)
  expect(empty(zhHant)).toEqual(empty(en))
  expect(empty(zhHans)).toEqual(empty(en))
})

test.each([zhHant, zhHans])('a Chinese catalogue is Chinese: $locale', (catalogue) => {
  const same = ['.locale', '.name', '.common.comma', '.common.separator', '.common.quoted', '.connection.stop', '.kinds.pdf', '.search.keySlash', '.place.sheet', '.asking.semicolon', '.asking.wayLabel']
  const isExample = /^\.help\.examples\.\d+\.query$/
  const left = leaves(catalogue).filter(([path, value]) => said(value) !== '' && !isExample.test(path) && !/\p{sc=Han}/u.test(said(value)) && !same.includes(path))
  expect(left.map(([path]) => path)).toEqual([])
})

test('every example of the help is one of the page on searching', () => {
  const lines = searching.split('\n')
  const queries = new Set(lines.flatMap((line) => (line.includes(' → ') ? [line.split(' → ')[0]?.trim()] : [])))
  const examples = [en, zhHant].flatMap((messages) => messages.help.examples.map(({ query }) => query))
  expect(examples.filter((query) => !queries.has(query))).toEqual([])
})

test('numbers are counted in words', () => {
  expect(en.search.found(1)).toBe('1 passage found')
  expect(en.search.found(1234)).toBe('1,234 passages found')
  expect(zhHant.search.found(1234)).toBe('找到 1,234 個段落')
})

test('an error is explained in the language of the page, with what the program knows', () => {
  const error = { code: 'path_not_found', message: '/nowhere does not exist', hint: 'check the spelling' }
  expect(explain(error, en)).toEqual({ what: 'There is no such folder', hint: 'Check the spelling.', detail: '/nowhere does not exist' })
  expect(explain(error, zhHant).hint).toBe('請檢查拼字；路徑會照原樣使用。')
  expect(sentence('run `rushlight doctor`')).toBe('Run `rushlight doctor`.')
  expect(sentence('is it there?')).toBe('Is it there?')
  expect(explain({ code: 'constructor', message: 'm', hint: '' }, en)).toEqual({ what: 'constructor', hint: '', detail: 'm' })
})

test('each Chinese catalogue keeps to its own script', () => {
  const text = (catalogue: object): string => leaves(catalogue).map(([, value]) => said(value)).join('')
  expect(text(zhHans)).not.toMatch(/[這請開頁問題對話尋檔標籤連錯誤語]/u)
  expect(text(zhHant)).not.toMatch(/[这请开页问题对话寻档标签连错误语]/u)
})

test('sentences of an answer count right', () => {
  expect(en.asking.searched(1204, 1207)).toBe('Searched 1,204 of 1,207 documents you may read')
  expect(en.asking.searched(1, 1)).toBe('Searched 1 document you may read')
  expect(en.asking.dropped(2)).toBe('2 sentences the model wrote are not in your documents and were left out')
  expect(en.asking.unread(9)).toBe('9 passages were found and not read')
  expect(en.asking.fitting(1, 1)).toBe('1 document fits, of 1 that was looked at.')
  expect(zhHans.asking.unread(9)).toBe('另有 9 个段落找到了但没有阅读')
})
