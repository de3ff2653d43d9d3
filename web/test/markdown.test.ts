import { expect, test } from 'vitest'
import type { Answer, Citation } from '../src/lib/api'
import { answerMarkdown, escapeMarkdown, fileName } from '../src/lib/markdown'
import { en } from '../src/lib/messages/en'

const citation: Citation = {
  number: 1, document_id: 'd', content_hash: 'h', title: 'Green tea', path: '/notes/tea.md', part: '', space: 'personal',
  locator: { kind: 'lines', first: 3, last: 3 }, label: 'line 3', quote: 'Steep at 70 °C.\nNot longer.', span: { start: 0, end: 5 },
}
const answer: Answer = {
  text: 'At 70 °C. [1]', grounding: 'grounded', citations: [citation], closest: [], model: 'm', generation: null,
  coverage: { documents: 1, documents_by_meaning: 1, files_not_searched: 0, unreadable_pages: 0, spaces: [] },
}
const date = (iso: string | null): string => (iso ?? '').slice(0, 10)

test('an answer becomes its text with its marks, and each passage with its place', () => {
  expect(answerMarkdown('How hot?', answer, en, date)).toBe(
    '## How hot?\n\nAt 70 °C. [1]\n\n[1] **Green tea**, line 3, `/notes/tea.md`\n\n> Steep at 70 °C.\n> Not longer.\n',
  )
})

test('lists and disagreements are in it', () => {
  const more: Answer = {
    ...answer, text: '', route: { as: 'list', because: 'all', standalone: null, translated: null, query: 'tea', documents: [] },
    table: { rows: [{ citation: 1, title: 'Green | tea', from: 'Ada', date: '2026-03-01T00:00:00Z', versions: 0 }], total: 3, walked: 40 },
    disagreements: [{ citations: [1], values: ['70 °C'] }],
  }
  const text = answerMarkdown('All?', more, en, date)
  expect(text).toContain('| [1] | Green \\| tea | Ada | 2026-03-01 |')
  expect(text).toContain('3 documents fit, of 40 that were looked at.')
  expect(text).toContain('- 70 °C [1]')
})

test('what comes from outside stays text', () => {
  expect(escapeMarkdown('# a\n- b\n1. c <b> ![x](http://y) [z] `q`')).toBe('\\# a\n\\- b\n1\\. c \\<b\\> !\\[x\\](http\\://y) \\[z\\] \\`q\\`')
  expect(escapeMarkdown('a\u202Eb')).toBe('a\u{FFFD}b')
  const hostile: Answer = { ...answer, text: '[1](javascript:x) <img src=x>', citations: [{ ...citation, path: '/a`b', title: '[t](u)' }] }
  const text = answerMarkdown('<b>\n# q', hostile, en, date)
  expect(text.startsWith('## \\<b\\> \\# q\n')).toBe(true)
  expect(text).toContain('[1]\\(javascript:x) \\<img src=x\\>')
  expect(text).toContain('**\\[t\\](u)**')
  expect(text).toContain('`` /a`b ``')
})

test('a file is named after its question', () => {
  expect(fileName('How hot? ../../etc', 'answer')).toBe('How hot etc.md')
  expect(fileName('綠茶幾度？', 'answer')).toBe('綠茶幾度.md')
  expect(fileName('???', 'answer')).toBe('answer.md')
})
