import { expect, test } from 'vitest'
import { en } from '../src/lib/messages/en'
import { zhHant } from '../src/lib/messages/zh-Hant'
import { bars, featureName, partShare, spent, taken } from '../src/lib/why'

const part = (name: string, share: number): { name: string; value: number; weight: number; share: number } => ({ name, value: 1, weight: share, share })

test('the bar is as long as the score, and never longer than the whole', () => {
  expect(bars([part('words', 0.25), part('meaning', 0.5), part('recency', 0)])).toEqual([
    { name: 'words', x: 0, width: 25 },
    { name: 'meaning', x: 25, width: 50 },
  ])
  const over = bars([part('words', 1.5), part('coverage', 0.5)])
  expect(over.map(({ width }) => width)).toEqual([75, 25])
  expect(bars([])).toEqual([])
})

test('what age takes away covers the end of the bar, wherever it stands among the parts', () => {
  expect(bars([part('recency', -0.25), part('words', 0.5), part('meaning', 0.25)])).toEqual([
    { name: 'words', x: 0, width: 50 },
    { name: 'meaning', x: 50, width: 25 },
    { name: 'recency', x: 50, width: 25 },
  ])
})

test('age takes points and adds none, the other parts add', () => {
  expect(taken(part('recency', -0.03))).toBe(0.03)
  expect(taken(part('recency', 0))).toBe(0)
  expect(taken(part('words', 0.5))).toBe(null)
  expect(en.why.less('3')).toBe('3 points less for its age')
  expect(zhHant.why.less('3')).toBe('因文件較舊，少 3 分')
})

test('shares of nothing are nothing, and unknown features keep their name', () => {
  expect(partShare(1, 4)).toBe(0.25)
  expect(partShare(0, 0)).toBe(0)
  expect(featureName('rare_term', { rare_term: 'a rare word' })).toBe('a rare word')
  expect(featureName('new_thing', {})).toBe('new thing')
  expect(featureName('constructor', {})).toBe('constructor')
})

test('steps that took no time are left out, the whole is not', () => {
  expect(spent({ keyword_us: 940, embed_us: 0, vector_us: 0, rerank_us: 0, total_us: 0 })).toEqual([
    { step: 'keyword', milliseconds: 0.9 },
    { step: 'total', milliseconds: 0 },
  ])
  const reranked = spent({ keyword_us: 900, embed_us: 8000, vector_us: 3000, rerank_us: 40_000, total_us: 51_000 })
  expect(reranked.map(({ step }) => step)).toEqual(['keyword', 'embed', 'vector', 'rerank', 'total'])
})
