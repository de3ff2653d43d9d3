import { expect, test } from 'vitest'
import { formatRoute, home, parseRoute, type Route } from '../src/lib/route'

const routes: Route[] = [
  home,
  { ...home, query: '綠茶 & "tea" #1', spaces: ['personal', 'Matter 2024-17'], kinds: ['note', 'mail'] },
  { ...home, query: 'tea', recent: true, grouped: false },
  { ...home, query: 'tea', sort: 'oldest' },
  { ...home, query: 'tea', document: 'a/b?c', span: { start: 12, end: 40 } },
  { ...home, place: 'ask', conversation: 'c1', document: 'd', span: { start: 0, end: 3 } },
  { ...home, place: 'library' },
  { ...home, place: 'health' },
  { ...home, place: 'doc', document: 'message:3/part:2', span: { start: 5, end: 6 } },
]

test('every route is found again from its address', () => {
  for (const route of routes) expect(parseRoute(formatRoute(route))).toEqual(route)
})

test('addresses that nobody wrote lead somewhere', () => {
  for (const hash of ['', '#', '#/', '#/nowhere', '#/doc', '#/doc/', '#//?&&=', '#/search?recent=yes&sort=best&grouped=1&at=9-3&kind=virus&space=']) {
    expect(parseRoute(hash)).toEqual(home)
  }
  expect(parseRoute('#/doc/%E0%A4%A').document).toBe('%E0%A4%A')
})
