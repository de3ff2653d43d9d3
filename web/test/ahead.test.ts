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

/** The page is opened at an address, with what the browser kept; gives how it asks. */
async function opened(hash: string, kept: Record<string, string> = {}): Promise<typeof import('../src/lib/send').send> {
  vi.stubGlobal('location', { hash })
  vi.stubGlobal('localStorage', { getItem: (name: string) => kept[name] ?? null })
  const { askAhead } = await import('../src/lib/ahead')
  askAhead()
  return (await import('../src/lib/send')).send
}

const queries = (): string[] => fetched.map(({ body }) => (JSON.parse(body) as { query: string }).query)
const addresses = (): string[] => fetched.map(({ address }) => address)

test('the search of the address is asked once, as the page would ask it', async () => {
  const hash = '#/search?q=+tea+&recent=1&sort=newest'
  const send = await opened(hash)
  const request = requestOf(parseRoute(hash), 'tea')
  expect(fetched.map(({ address, body }) => ({ address, body }))).toEqual([{ address: '/api/v1/search', body: JSON.stringify(request) }])
  await expect(send('POST', '/search', request)).resolves.toBe(`reply to ${JSON.stringify(request)}`)
  expect(fetched.length).toBe(1)
  await send('POST', '/search', request)
  expect(fetched.length).toBe(2)
})

test('the document of the address is asked for once', async () => {
  const send = await opened('#/doc/d%2F1?at=3-9')
  expect(addresses()).toEqual(['/api/v1/documents/d%2F1'])
  await send('GET', '/documents/d%2F1/links')
  expect(fetched.length).toBe(2)
  await send('GET', '/documents/d%2F1')
  expect(fetched.length).toBe(2)
  await send('GET', '/documents/d%2F1')
  expect(fetched.length).toBe(3)
})

test('another search gets no reply that was not asked for it, and what was asked ahead is asked again after it', async () => {
  const send = await opened('#/search?q=tea')
  await send('POST', '/search', requestOf(parseRoute('#/search?q=tea&grouped=0'), 'tea'))
  expect(fetched.length).toBe(2)
  await send('POST', '/search', requestOf(parseRoute('#/search?q=tea'), 'tea'))
  expect(fetched.length).toBe(3)
})

test('who no longer wants the reply ends the request', async () => {
  const send = await opened('#/search?q=tea')
  const stop = new AbortController()
  void send('POST', '/search', requestOf(parseRoute('#/search?q=tea'), 'tea'), stop.signal)
  expect(fetched.length).toBe(1)
  expect(fetched[0]?.signal.aborted).toBe(false)
  stop.abort()
  expect(fetched[0]?.signal.aborted).toBe(true)
})

test.each(['#/search', '#/search?q=+', '#/ask', '#/library?q=tea', '#/search?q=tea&space=work'])('nothing is asked at %s', async (hash) => {
  await opened(hash)
  expect(fetched).toEqual([])
})

test('without an address the last search is asked, where that was the last place', async () => {
  const last = { 'rushlight.search': '#/search?q=tea' }
  await opened('', last)
  expect(queries()).toEqual(['tea'])
  await opened('', { ...last, 'rushlight.place': '#/library' })
  expect(queries()).toEqual(['tea'])
})
