import { expect, test } from 'vitest'
import { Drafts, type Shelf } from '../src/lib/drafts'

function shelf(): Shelf & { kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
}

test('what is typed stays with its conversation', () => {
  const own = shelf()
  const drafts = new Drafts(() => own)
  drafts.keep('', 'new one')
  drafts.keep('a', 'further')
  expect(new Drafts(() => own).typed('')).toBe('new one')
  expect(drafts.typed('a')).toBe('further')
  drafts.keep('a', '  ')
  expect(drafts.typed('a')).toBe('')
  drafts.keep('', '')
  expect(own.kept.size).toBe(0)
})

test('the drafts of long ago go first', () => {
  const own = shelf()
  const drafts = new Drafts(() => own)
  for (let index = 0; index < 25; index++) drafts.keep(`c${index}`, `text ${index}`)
  expect(drafts.typed('c4')).toBe('')
  expect(drafts.typed('c5')).toBe('text 5')
})

test('a question on its way is kept until it is answered', () => {
  const own = shelf()
  const drafts = new Drafts(() => own)
  expect(drafts.pending()).toBe(null)
  drafts.asked({ question: 'q', conversation: '', began: 5 })
  expect(new Drafts(() => own).pending()).toEqual({ question: 'q', conversation: '', began: 5 })
  drafts.asked(null)
  expect(drafts.pending()).toBe(null)
})

test('a browser that keeps nothing, or something else, does no harm', () => {
  const none = new Drafts(() => {
    throw new Error('forbidden')
  })
  none.keep('', 'x')
  expect(none.typed('')).toBe('')
  expect(none.pending()).toBe(null)
  const own = shelf()
  own.kept.set('rushlight.drafts', '{"a":1}')
  own.kept.set('rushlight.asked', '[not json')
  expect(new Drafts(() => own).typed('')).toBe('')
  expect(new Drafts(() => own).pending()).toBe(null)
})
