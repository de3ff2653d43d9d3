import { expect, test } from 'vitest'
import type { Segment } from '../src/lib/api'
import { atAGlance, excerpt } from '../src/lib/excerpt'
import { pick, random } from './random'

const plain = (segments: Segment[]): string => segments.map((segment) => segment.text).join('')

test('a short passage stays whole', () => {
  const segments = [{ text: 'Steep at ', mark: false }, { text: '70 °C', mark: true }, { text: '', mark: false }]
  expect(excerpt(segments, 100)).toEqual(segments.slice(0, 2))
})

test('a long passage is cut around its first highlight, between words', () => {
  const segments = [
    { text: 'before '.repeat(100), mark: false },
    { text: 'the word', mark: true },
    { text: ' after'.repeat(100), mark: false },
  ]
  const cut = excerpt(segments, 120)
  expect(plain(cut)).toMatch(/^… before .*before the word after.* after …$/)
  expect(cut.filter((segment) => segment.mark)).toEqual([{ text: 'the word', mark: true }])
})

test('what is shown is a piece of the passage, without broken characters, and holds the highlight', () => {
  const alphabet = ['a', 'bc ', '茶', '🍵', ' ', '。', '\n', 'dé']
  for (let seed = 1; seed <= 500; seed++) {
    const next = random(seed)
    const text = (length: number): string => Array.from({ length: Math.floor(next() * length) }, () => pick(next, alphabet)).join('')
    const segments = [
      { text: text(200), mark: false },
      { text: '⟨here⟩', mark: true },
      { text: text(200), mark: false },
    ]
    const cut = excerpt(segments, 60)
    const shown = plain(cut).replace(/^… /, '').replace(/ …$/, '')
    expect(plain(segments), `seed ${seed}`).toContain(shown)
    expect(shown.isWellFormed(), `seed ${seed}`).toBe(true)
    expect(shown, `seed ${seed}`).toContain('⟨here⟩')
    expect(shown.length).toBeLessThanOrEqual(90)
  }
})

const note = { kind: 'note', title: 'Green tea' } as const

/** `[…]` is highlighted. */
const segmentsOf = (text: string): Segment[] =>
  text.split(/[[\]]/).map((piece, index) => ({ text: piece, mark: index % 2 === 1 })).filter((segment) => segment.text !== '')

test.each([
  ['# Green tea\n\nSteep [tea] at 70 °C.\n\n## Buying\n\nOld [tea] is flat.', 'Steep [tea] at 70 °C.\n\nBuying\n\nOld [tea] is flat.'],
  ['# Green [tea]\n\nSteep the [tea].', 'Steep the [tea].'],
  ['# Green tea\n\nSteep it.', 'Steep it.'],
  ['# Green [tea]\n\nSteep it.', 'Green [tea]\n\nSteep it.'],
  ['# Green tea', 'Green tea'],
  ['# Green tea and [more]\n\nSteep it.', 'Green tea and [more]\n\nSteep it.'],
  ['## [Buying] ##\n\nC# and #tags and\n#tag stay.', '[Buying] ##\n\nC# and #tags and\n#tag stay.'],
  ['# 綠茶\n\n[七十度]的水。', '# 綠茶\n\n[七十度]的水。'.replace('# ', '')],
])('%j reads %j', (text, read) => {
  expect(atAGlance(segmentsOf(text), note)).toEqual(segmentsOf(read))
})

test('of a passage at a glance nothing is lost but marks and the title', () => {
  const alphabet = ['# ', '## ', '\n', 'tea ', '茶', '#', ' ', '🍵', 'Green tea']
  for (let seed = 1; seed <= 500; seed++) {
    const next = random(seed)
    const segments = Array.from({ length: 6 }, (_, index) => ({ text: Array.from({ length: Math.floor(next() * 6) }, () => pick(next, alphabet)).join(''), mark: index % 2 === 1 }))
    const bare = (of: readonly Segment[]): string => plain([...of]).replace(/[#\s]/g, '')
    const left = bare(atAGlance(segments, note))
    expect([bare(segments), bare(segments).replace('Greentea', '')], `seed ${seed}`).toContain(left)
  }
})

test('what is no note stays as it is written', () => {
  const segments = segmentsOf('# Green tea\n\nA [comment] of a script.')
  expect(atAGlance(segments, { ...note, kind: 'text' })).toEqual(segments)
})
