import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { parseRoute } from '../src/lib/route'
import { requestOf } from '../src/lib/wanted'

const fetched: { address: string; body: string; signal: AbortSignal }[] = []

beforeEach(() => {
  fetched.length = 0
  vi.resetModules()
  vi.stubGlobal('fetch', (address: string, { body, signal }: { body: string; signal: AbortSignal }) => {
    fetched.push({ address, body, signal })
    return Promise.resolve(`reply to ${body}`)
  })
})
afterEach(() => vi.unstubAllGlobals())

/** The page is opened at an address, with what the browser kept. */
async function opened(hash: string, kept: Record<string, string> = {}): Promise<typeof import('../src/lib/ahead')> {
  vi.stubGlobal('location', { hash })
  vi.stubGlobal('localStorage', { getItem: (name: string) => kept[name] ?? null })
  const ahead = await import('../src/lib/ahead')
  ahead.askAhead()
  return ahead
}

const queries = (): string[] => fetched.map(({ body }) => (JSON.parse(body) as { query: string }).query)
const { signal } = new AbortController()

test('the search of the address is asked once, as the page would ask it', async () => {
  const hash = '#/search?q=+tea+&recent=1&sort=newest'
  const { askedAhead } = await opened(hash)
  const request = requestOf(parseRoute(hash), 'tea')
  expect(fetched.map(({ address, body }) => ({ address, body }))).toEqual([{ address: '/api/v1/search', body: JSON.stringify(request) }])
  await expect(askedAhead(request, signal)).resolves.toBe(`reply to ${JSON.stringify(request)}`)
  expect(askedAhead(request, signal)).toBeUndefined()
})

test('another search gets no reply that was not asked for it', async () => {
  const { askedAhead } = await opened('#/search?q=tea')
  expect(askedAhead(requestOf(parseRoute('#/search?q=tea&grouped=0'), 'tea'), signal)).toBeUndefined()
})

test('who no longer wants the reply ends the request', async () => {
  const { askedAhead } = await opened('#/search?q=tea')
  const stop = new AbortController()
  void askedAhead(requestOf(parseRoute('#/search?q=tea'), 'tea'), stop.signal)
  expect(fetched[0]?.signal.aborted).toBe(false)
  stop.abort()
  expect(fetched[0]?.signal.aborted).toBe(true)
})

test.each(['#/search', '#/search?q=+', '#/ask', '#/library?q=tea', '#/doc/d1', '#/search?q=tea&space=work'])('nothing is asked at %s', async (hash) => {
  await opened(hash)
  expect(queries()).toEqual([])
})

test('without an address the last search is asked, where that was the last place', async () => {
  const last = { 'rushlight.search': '#/search?q=tea' }
  await opened('', last)
  expect(queries()).toEqual(['tea'])
  await opened('', { ...last, 'rushlight.place': '#/library' })
  expect(queries()).toEqual(['tea'])
})
