import { expect, test } from 'vitest'
import type { Section } from '../src/lib/api'
import { cutPiece, headLines, personName, stretches } from '../src/lib/mail'
import { findPassage } from '../src/lib/passage'
import { pick, random } from './random'

/** Sections as the program makes them: a text each, of a kind, with an empty line between them. */
function sections(...parts: (string | [Section['kind'], string])[]): Section[] {
  let start = 0
  return parts.map((part) => {
    const [kind, text] = typeof part === 'string' ? (['paragraph', part] as const) : part
    const end = start + new TextEncoder().encode(text).length
    const section = { label: '', kind, level: 0, text, span: { start, end } } as Section
    start = end + 2
    return section
  })
}

const told = (of: Section[]): string[] =>
  stretches(of).map(({ kind, lines, folded, pieces }) => {
    const text = pieces.map(({ section, start, end }) => of[section]?.text.slice(start, end)).join('|')
    return `${kind} ${lines}${folded ? ' folded' : ''}: ${text}`
  })

test('quoted lines below an answer are folded with the line that says whose they are', () => {
  expect(told(sections('Ten.\n\nOn Thu, 1 Jan 2026, Ada wrote:\n> How much?\n>> Tea.\n'))).toEqual([
    'own 1: Ten.\n\n',
    'quote 3 folded: On Thu, 1 Jan 2026, Ada wrote:\n> How much?\n>> Tea.\n',
  ])
})

test('what the program knows as quoted is one fold through all its sections', () => {
  expect(told(sections('Ten.', ['quote', 'On Thu, 1 Jan 2026, Ada wrote:\n> How much?'], ['quote', '> Yours']))).toEqual([
    'own 1: Ten.',
    'quote 3 folded: On Thu, 1 Jan 2026, Ada wrote:\n> How much?|> Yours',
  ])
})

test.each([
  ['Bo Chen <bo@example.net> 於 2026年1月1日 週四 上午10:00寫道：', 1],
  ['在 2026年1月1日，上午10:00，Bo <bo@example.net> 写道：', 1],
  ['在 2026-01-01 10:00:00，"Ada" <ada@example.org> 寫道:', 1],
  ['At 2026-01-01 10:00:00, "Ada" <ada@example.org> wrote:', 1],
  ['Bo Chen <bo@example.net> 於\n2026年1月1日 週四 上午10:00寫道：', 2],
  ['Bo Chen <bo@example.net> 于\n2026年1月1日周四 10:00写道：', 2],
  ['On Thu, 1 Jan 2026 at 10:00, Ada Lin <ada@example.org>\nwrote:', 2],
])('the line above is known in English and both Chinese scripts: %s', (line, lines) => {
  const of = sections(`Yes.\n${line}\n> The kettle sings.\n`)
  expect(told(of)).toEqual(['own 1: Yes.\n', `quote ${lines + 1} folded: ${line}\n> The kettle sings.\n`])
})

test.each([
  '-----Original Message-----\nFrom: Ada\nSent: Thursday\nTo: Bo\nSubject: Tea\n\nThe kettle sings.',
  '-----原始郵件-----\n寄件者: Ada\n\n水壺響了。',
  '------------------ 原始邮件 ------------------\n发件人: Ada\n\n水壶响了。',
  'From: Ada Lin\nSent: Thursday, 1 January 2026 10:00\nTo: Bo\nSubject: Tea\n\nThe kettle sings.',
  '寄件者: Ada\n寄件日期: 2026年1月1日\n收件者: Bo\n主旨: 茶\n\n水壺響了。',
  '发件人：Ada\n发送时间：2026年1月1日\n收件人：Bo\n主题：茶\n\n水壶响了。',
  '**From:** Ada\n**Date:** Thursday\n**Subject:** Tea\n\nThe kettle sings.',
])('what Outlook puts below an answer is folded to its end: %s', (older) => {
  const of = sections(`Yes.\n\n${older}`)
  expect(told(of)).toEqual(['own 1: Yes.\n\n', expect.stringMatching(/^quote \d+ folded: /)])
})

test('few lines above an answer stay in sight, more of them do not', () => {
  expect(told(sections('> How much?\nTen.\n> 1\n> 2\n> 3\n> 4\nFive.'))).toEqual(['quote 1: > How much?\n', 'own 1: Ten.\n', 'quote 4 folded: > 1\n> 2\n> 3\n> 4\n', 'own 1: Five.'])
})

test('what is passed on, and a mail without a word of its own, is not folded', () => {
  expect(told(sections('See below.', ['quote', '---------- Forwarded message ---------\nFrom: Ada\n\nThe kettle sings.'])).at(-1)).toMatch(/^quote 3: /)
  expect(told(sections('> The kettle sings.\n> And sings.\n> And sings.\n> And sings.'))).toEqual([expect.stringMatching(/^quote 4: /)])
})

test('a signature is set back, and a quotation below it folded', () => {
  expect(told(sections('Yes.', ['signature', '-- \nBo\n\nHarbour Street\nOn 1 Jan, Ada wrote:\n> Well?']))).toEqual([
    'own 1: Yes.',
    'signature 3: -- \nBo\n\nHarbour Street\n',
    'quote 2 folded: On 1 Jan, Ada wrote:\n> Well?',
  ])
  expect(told(sections('Yes.\n-- \nBo'))).toEqual(['own 1: Yes.\n', 'signature 2: -- \nBo'])
  expect(told(sections('a\n--\nb'))).toEqual(['own 3: a\n--\nb'])
})

test('nothing is lost and nothing is said twice, whatever the text', () => {
  const next = random(20261130)
  const lines = ['', '  ', '-- ', '> a', '>> 茶', 'On 1 Jan, Ada wrote:', '寫道：', 'From: A', 'Sent: B', 'To: C', '-----Original Message-----', 'own 🍵', 'a@b.c 於', '\r', '\u2028']
  const kinds = ['paragraph', 'quote', 'signature', 'list_item', 'code'] as const
  for (let run = 0; run < 2000; run++) {
    const of = sections(
      ...Array.from({ length: Math.floor(next() * 5) }, (): [Section['kind'], string] => [
        pick(next, kinds),
        Array.from({ length: Math.floor(next() * 6) }, () => pick(next, lines)).join('\n') + pick(next, ['', '\n']),
      ]),
    )
    const found = stretches(of)
    const again = of.map(() => '')
    let at: readonly [number, number] = [0, 0]
    for (const { pieces } of found) {
      for (const { section, start, end } of pieces) {
        again[section] = `${again[section]}${of[section]?.text.slice(start, end)}`
        expect(section > at[0] || (section === at[0] && start === at[1])).toBe(true)
        expect(end).toBeGreaterThan(start)
        at = [section, end]
      }
    }
    expect(again).toEqual(of.map(({ text }) => text))
    for (const [index, { kind }] of found.entries()) expect(kind).not.toBe(found[index - 1]?.kind)
  }
})

test('a passage is marked at its place in the pieces', () => {
  const of = sections('Ten. 🍵 茶\n> How much is it?\n> Tell me.')
  const bytes = (text: string): number => new TextEncoder().encode(text).length
  const start = bytes('Ten. 🍵 茶\n> ')
  const { ranges } = findPassage(of, { span: { start, end: start + bytes('How much') }, quote: '' })
  const [own, quote] = stretches(of).map(({ pieces }) => cutPiece(of[0]?.text ?? '', ranges.get(0), pieces[0] ?? { section: 0, start: 0, end: 0 }))
  expect(own).toEqual({ marked: false, segments: [{ text: 'Ten. 🍵 茶\n', mark: false }] })
  expect(quote).toEqual({
    marked: true,
    segments: [
      { text: '> ', mark: false },
      { text: 'How much', mark: true },
      { text: ' is it?\n> Tell me.', mark: false },
    ],
  })
})

test('the head is told by its fields, and what is none of them is kept', () => {
  const text = 'From: Ada <ada@example.org>\nTo: Bo\nDate: 2026-01-01T10:00:00Z\nSubject: Subject: tea\nX-Mood: fine'
  const [head, body] = sections(['metadata', text], 'Ten.')
  expect(headLines(body)).toEqual([])
  expect(headLines(head).map(({ field, start, end }) => [field, text.slice(start, end)])).toEqual([
    ['from', 'Ada <ada@example.org>'],
    ['to', 'Bo'],
    ['date', '2026-01-01T10:00:00Z'],
    ['subject', 'Subject: tea'],
    [null, 'X-Mood: fine'],
  ])
})

test('people are called by their names', () => {
  expect(['Ada Lin <ada@example.org>', '"Lin, Ada" <ada@example.org>', 'ada@example.org', '<ada@example.org>', '陳小明 <ming@example.tw>'].map(personName)).toEqual([
    'Ada Lin', 'Lin, Ada', 'ada@example.org', '<ada@example.org>', '陳小明',
  ])
})
