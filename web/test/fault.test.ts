import { expect, test } from 'vitest'
import { ApiError, errorFromBody } from '../src/lib/api'
import { cutAt, faultWords } from '../src/lib/fault'
import { en } from '../src/lib/messages/en'
import { zhHant } from '../src/lib/messages/zh-Hant'
import { chineseFaults } from '../src/lib/messages/zh-Hant.query'
import { spokenFaults } from './faults'

const shown = (query: string, start: number, end: number): string => {
  const { before, marked, after } = cutAt(query, { start, end })
  return `${before}[${marked}]${after}`
}

test('a query is cut by characters, not by bytes or by halves of characters', () => {
  expect(shown('tea frm:anna', 4, 7)).toBe('tea [frm]:anna')
  expect(shown('綠茶🍵 frm:安', 4, 7)).toBe('綠茶🍵 [frm]:安')
  expect(shown('tea', 3, 3)).toBe('tea[]')
  expect(shown('tea', 7, 9)).toBe('tea[]')
  expect(shown('a\u202e"b', 2, 3)).toBe('a\uFFFD["]b')
})

test('a long query is shown around what is wrong', () => {
  expect(shown(`${'x'.repeat(500)}"${'y'.repeat(500)}`, 500, 501)).toBe(`…${'x'.repeat(40)}["]${'y'.repeat(40)}…`)
})

test('a reply’s place is read, and what is wrong is said in the language of the page', () => {
  const body = { error: { code: 'query_invalid', message: 'this quote is not closed', hint: 'close it, or take it away', at: { bytes: { start: 7, end: 8 }, characters: { start: 3, end: 4 } } } }
  const error = errorFromBody(body, 400)
  expect(error.at).toEqual({ start: 3, end: 4 })
  expect(faultWords(error, en)).toEqual({ what: 'This quote is not closed.', hint: 'Close it, or take it away.' })
  expect(faultWords(error, zhHant)).toEqual({ what: '這個引號沒有關上。', hint: '請補上另一半，或拿掉它。' })
  expect(faultWords(new ApiError('query_invalid', 'something new', '', 400), zhHant).what).toBe('無法理解這個搜尋')
})

test('the Chinese for what the program says is for all it says, and for nothing else', () => {
  expect(Object.keys(chineseFaults).sort()).toEqual([...spokenFaults()].sort())
})
