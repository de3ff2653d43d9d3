import { expect, test, vi } from 'vitest'
import { lastName, listed } from '../src/lib/facet-values'
import { withFilters } from '../src/lib/filters'
import { lastSearch, rememberSearch } from '../src/lib/last-search'
import { home } from '../src/lib/route'
import type { FacetsReply, FacetValue } from '../src/lib/api'
import { ApiError } from '../src/lib/api'
import { faultWords } from '../src/lib/fault'
import { zhHans } from '../src/lib/messages/zh-Hans'
import { simplifiedFaults } from '../src/lib/messages/zh-Hans.query'
import { chineseFaults } from '../src/lib/messages/zh-Hant.query'
import { spokenFaults } from './faults'

const value = (name: string, chosen = false): FacetValue => ({ value: name, documents: 1, chosen, query: '' })

test('a facet with one value says nothing unless it is chosen, and years stand in their order', () => {
  const reply: FacetsReply = {
    covers: 'filters',
    documents: 2,
    bare: '',
    facets: [
      { facet: 'type', values: [value('note')], more: 0 },
      { facet: 'space', values: [value('personal', true)], more: 0 },
      { facet: 'tag', values: [], more: 0 },
      { facet: 'year', values: [value('2024'), value('2026'), value('0987')], more: 3 },
    ],
  }
  expect(listed(reply).map(({ facet, values }) => [facet, ...values.map((one) => one.value)])).toEqual([
    ['space', 'personal'],
    ['year', '2026', '2024', '0987'],
  ])
  expect(reply.facets[3]?.values[0]?.value).toBe('2024')
  expect(listed(null)).toEqual([])
})

test('a folder is called by its last name', () => {
  expect(['/home/ada/notes', '/home/ada/notes/', 'C:\\notes', '/', ''].map(lastName)).toEqual(['notes', 'notes', 'notes', '/', ''])
})

test('filters of old addresses are said in the query language', () => {
  expect(withFilters('tea', [], [])).toBe('tea')
  expect(withFilters('', ['my notes'], ['mail'])).toBe('type:mail space:"my notes"')
  expect(withFilters(' tea ', ['a', 'the "b"'], ['note', 'pdf'])).toBe('tea (type:note OR type:pdf) (space:"a" OR space:「the "b"」)')
})

test('the last search is kept as an address and found again only where nothing else is asked', () => {
  const store = new Map<string, string>()
  vi.stubGlobal('localStorage', { getItem: (key: string) => store.get(key) ?? null, setItem: (key: string, value: string) => store.set(key, value) })
  const search = { ...home, query: '綠茶 type:note', sort: 'newest' as const, grouped: false }
  expect(lastSearch(home)).toBeNull()
  rememberSearch({ ...search, document: 'd', span: { start: 1, end: 2 } })
  expect([...store.values()].join()).not.toContain('doc=')
  expect(lastSearch(home)).toEqual(search)
  expect(lastSearch({ ...home, query: 'tea' })).toBeNull()
  expect(lastSearch({ ...home, document: 'd' })).toBeNull()
  rememberSearch(home)
  expect(lastSearch(home)).toBeNull()
  store.set('rushlight.search', '#/library')
  expect(lastSearch(home)).toBeNull()
  vi.stubGlobal('localStorage', undefined)
  rememberSearch(search)
  expect(lastSearch(home)).toBeNull()
  vi.unstubAllGlobals()
})

test('what cannot be read is said in Simplified Chinese too, all of it and in its own script', () => {
  expect(Object.keys(simplifiedFaults).sort()).toEqual([...spokenFaults()].sort())
  const text = (faults: object): string => JSON.stringify(Object.values(faults))
  expect(text(simplifiedFaults)).not.toMatch(/[這請開頁問題對話尋檔標籤連錯誤語沒個稱欄號詞裡關閉語資數]/u)
  expect(text(chineseFaults)).not.toMatch(/[这请开页问题对话寻档标签连错误语没个称栏号词里关闭资数]/u)
  const error = new ApiError('query_invalid', 'this quote is not closed', '', 400)
  expect(faultWords(error, zhHans).what).toBe('这个引号没有关上。')
})
