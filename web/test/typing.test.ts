import { expect, test } from 'vitest'
import { beingTyped, completed } from '../src/lib/typing'
import { pick, random } from './random'

/** What suggestions are asked for at `|`: the stretches, each with what it would replace. */
function asked(marked: string): string[] {
  const cursor = marked.indexOf('|')
  const query = marked.replace('|', '')
  return beingTyped(query, cursor).map(({ start, words, kinds }) => `${words} (${kinds.join(' ')}) for ${query.slice(start, cursor)}`)
}
const every = '(title person tag)'

test('the word before the cursor, and the words before it with it', () => {
  expect(asked('gre|')).toEqual([`gre ${every} for gre`])
  expect(asked('green te|')).toEqual([`green te ${every} for green te`, `te ${every} for te`])
  expect(asked('green t|')).toEqual([`green t ${every} for green t`])
  expect(asked('綠茶用|')).toEqual([`綠茶用 ${every} for 綠茶用`])
  expect(asked('tea OR cof|')).toEqual([`cof ${every} for cof`])
  expect(asked('(hot cof|)')).toEqual([`hot cof ${every} for hot cof`, `cof ${every} for cof`])
  expect(asked('-cof|')).toEqual([`cof ${every} for cof`])
})

test('a field asks for its own kind, and is replaced with its value', () => {
  expect(asked('tea from:ann|')).toEqual(['ann (person) for from:ann'])
  expect(asked('寄件人：王|')).toEqual(['王 (person) for 寄件人：王'])
  expect(asked('寄件人：王小明，主旨：會|')).toEqual(['會 (title) for 主旨：會'])
  expect(asked('-tag:rec|')).toEqual(['rec (tag) for tag:rec'])
  expect(asked('title:"green t|')).toEqual(['green t (title) for title:"green t'])
  for (const other of ['date:last|', 'frm:anna|', 'type:pd|', 'http://exa|']) expect(asked(other), other).toEqual([])
})

test('an open quote is replaced whole; inside a word, after a closed quote or an operator nothing is asked', () => {
  expect(asked('hot "green t|')).toEqual([`green t ${every} for "green t`])
  expect(asked('「綠|')).toEqual([`綠 ${every} for 「綠`])
  for (const nothing of ['|', 'g|', 'gr|een', 'tea |', '"green tea"|', 'tea OR|', 'tea NEAR/5|', 'brew*|', '?!|']) expect(asked(nothing), nothing).toEqual([])
})

test('a suggestion takes the place of what was typed, and the rest stays', () => {
  expect(completed('hot green te, please', 4, 12, 'title:"Green tea"')).toEqual({ query: 'hot title:"Green tea" , please', cursor: 22 })
  expect(completed('from:ann  tea', 0, 8, 'from:"Anna"')).toEqual({ query: 'from:"Anna" tea', cursor: 12 })
})

test('whatever is typed, what is replaced ends at the cursor and holds the words that are asked for', () => {
  const signs = ['a', 'bc', '茶', '🍵', ' ', '"', '「', '」', '(', ')', '-', 'from:', '：', ' OR ', '，', '*', '\u202e']
  for (let seed = 1; seed <= 500; seed++) {
    const next = random(seed)
    const query = Array.from({ length: Math.floor(next() * 12) }, () => pick(next, signs)).join('')
    const cursor = Math.floor(next() * (query.length + 1))
    for (const { start, words } of beingTyped(query, cursor)) {
      expect(query.slice(start, cursor).endsWith(words), `seed ${seed}: ${query}`).toBe(true)
      expect(words).not.toBe('')
    }
  }
})
