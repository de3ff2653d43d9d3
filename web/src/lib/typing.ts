// Which part of a query is being typed, so that a suggestion can take its place. Knows as much of the query language
// (docs/search.md) as that needs.

import type { SuggestionKind } from './api'

/** Words before the cursor that a title, a person or a tag may begin with. */
export interface Stretch {
  /** Where what a suggestion replaces begins, in UTF-16 units; it ends at the cursor. */
  start: number
  words: string
  /** Of which kinds suggestions fit here: a field asks for its own. */
  kinds: readonly SuggestionKind[]
}

const every: readonly SuggestionKind[] = ['title', 'person', 'tag']
const fields: Record<string, readonly SuggestionKind[]> = {}
for (const name of ['title', '標題', '标题', 'subject', '主旨', '主題', '主题']) fields[name] = ['title']
for (const name of ['from', 'author', 'to', '寄件人', '寄件者', '发件人', '作者', '收件人', '收件者']) fields[name] = ['person']
for (const name of ['tag', '標籤', '标签']) fields[name] = ['tag']

const closing: Record<string, string> = { '"': '"', '“': '”', '「': '」', '『': '』' }
const between = /[\s(（)），、；]/u
const operator = /^(?:OR|AND|NOT|NEAR(?:\/\d*)?)$/
const plainWord = /^[\p{L}\p{N}][^\s:：*"“”「」『』()（）]*$/u
const mostWords = 6

/** The stretches that a suggestion may complete, the longest first; none where the cursor stands inside a word. */
export function beingTyped(query: string, cursor: number): Stretch[] {
  if (cursor < query.length && !between.test(query.charAt(cursor))) return []
  const before = query.slice(0, cursor)
  const quote = openQuote(before)
  const start = tokenStart(before, quote ?? before.length)
  const token = before.slice(start)
  const sign = /^[-+－＋]/u.test(token) ? 1 : 0
  const [, name, inside] = /^(\p{L}+)[:：](.*)$/su.exec(token.slice(sign)) ?? []
  if (name !== undefined) {
    const kinds = fields[name.toLowerCase()]
    const words = (inside ?? '').replace(/^["“「『]/u, '')
    return kinds && isEnough(words) ? [{ start: start + sign, words, kinds }] : []
  }
  if (quote !== null) {
    const words = before.slice(quote + 1)
    return isEnough(words) ? [{ start: start + sign, words, kinds: every }] : []
  }
  const word = token.slice(sign)
  if (!plainWord.test(word) || operator.test(word)) return []
  const last = isEnough(word) ? [{ start: start + sign, words: word, kinds: every }] : []
  const first = sign === 0 ? runStart(before, start) : start
  return first < start ? [{ start: first, words: before.slice(first), kinds: every }, ...last] : last
}

/** Puts a suggestion's query where the stretch was; the cursor goes behind it. */
export function completed(query: string, start: number, cursor: number, suggestion: string): { query: string; cursor: number } {
  const rest = query.slice(cursor)
  const head = `${query.slice(0, start)}${suggestion} `
  return { query: head + rest.replace(/^\s+/, ''), cursor: head.length }
}

/** Where a quote was opened that is not closed yet. */
function openQuote(text: string): number | null {
  let at: number | null = null
  let close = ''
  for (let index = 0; index < text.length; index++) {
    const sign = text.charAt(index)
    if (at !== null) {
      if (sign === close) at = null
    } else if (closing[sign] !== undefined && (index === 0 || /[\s(（+\-－＋:：，、；]/u.test(text.charAt(index - 1)))) {
      at = index
      close = closing[sign] ?? ''
    }
  }
  return at
}

function tokenStart(text: string, from: number): number {
  let start = from
  while (start > 0 && !between.test(text.charAt(start - 1))) start--
  return start
}

/** Where the plain words begin that stand directly before `start`; a few at most. */
function runStart(text: string, start: number): number {
  let first = start
  for (let words = 1; words < mostWords; words++) {
    const found = /([^\s(（]+)\s+$/u.exec(text.slice(0, first))
    const word = found?.[1]
    if (word === undefined || !plainWord.test(word) || operator.test(word)) break
    first = text.slice(0, first).trimEnd().length - word.length
  }
  return first
}

/** One character says little in Latin, much in Chinese. */
function isEnough(words: string): boolean {
  return /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}]/u.test(words) || words.trim().length >= 2
}
