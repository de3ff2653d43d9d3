// Answers as the program shapes them, poured into the page event by event, so that a scene decides what comes when.

/**
 * Lets the page's questions be answered by `pour`, `cut` and `fail`; `asked(page)` is what was asked. Loads the page again.
 * What the page asks of anything else goes to the server.
 */
export async function pouring(page) {
  await page.addInitScript(() => {
    const plain = window.fetch
    window.asked = []
    window.fetch = (url, options) => {
      if (!String(url).endsWith('/api/v1/ask')) return plain(url, options)
      window.asked.push(JSON.parse(options.body))
      const body = new ReadableStream({ start: (out) => (window.stream = out) })
      options.signal?.addEventListener('abort', () => window.stream.error(new DOMException('stopped', 'AbortError')))
      return Promise.resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }))
    }
  })
  await page.reload()
  // Keys are heard once the page has its words.
  await page.locator('#content').waitFor()
}

export async function pour(page, event, data) {
  await page.waitForFunction(() => window.stream)
  await page.evaluate(([name, value]) => window.stream.enqueue(new TextEncoder().encode(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`)), [event, data])
}

/** The connection breaks. */
export async function cut(page) {
  await page.waitForFunction(() => window.stream)
  await page.evaluate(() => window.stream.error(new TypeError('network error')))
}

export const asked = (page) => page.evaluate(() => window.asked)

export function citation(number, { title = 'Green tea', quote = 'Steep green tea at 70 °C.', id = `d${number}`, line = number, date = '2026-03-01T09:00:00Z' } = {}) {
  return {
    number, document_id: id, content_hash: 'h', title, path: `/home/ada/notes/${id}.md`, part: '', date, space: 'personal',
    locator: { kind: 'lines', first: line, last: line }, label: `line ${line}`, quote, span: { start: 0, end: 5 },
  }
}

export const route = (as, more = {}) => ({ as, because: null, standalone: null, translated: null, query: null, documents: [], ...more })

export function answer(more = {}) {
  return {
    text: 'Green tea is steeped at 70 °C. [1]', grounding: 'grounded', citations: [citation(1)], route: route('fact'), table: null, disagreements: [],
    dropped: 0, closest: [], coverage: { documents: 1204, documents_by_meaning: 1204, files_not_searched: 3, unreadable_pages: 2, spaces: [] },
    left_out: { hits: 9, sentences: 30 }, signals: { probability: null }, model: 'm', generation: null, ...more,
  }
}

export const passages = { passages: [{ number: 1, title: 'Green tea', path: '/n/tea.md', label: 'line 1', document_id: 'd1', text: 'x' }] }

/** A list of `count` mails, each with its citation. */
export function list(count) {
  const titles = ['Minutes of the spring meeting about the garden and who brings the chairs', '會議記錄：三月', 'Re: Invoice']
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  return answer({
    text: '', route: route('list', { because: 'all mails', query: 'type:mail from:anna' }),
    citations: numbers.map((number) => citation(number, { title: titles[number % 3], quote: `Quotation of mail ${number}.` })),
    table: {
      rows: numbers.map((number) => ({
        citation: number, title: titles[number % 3], from: number % 2 ? 'Anna Li <anna.li.of.the.garden.committee@example.org>' : '王小明', date: `2026-03-0${number}T09:00:00Z`,
        versions: number === 2 ? 2 : 0,
      })),
      total: 41, walked: 1204,
    },
  })
}

export const contradiction = {
  disagreements: [{ citations: [2, 1], values: ['80 °C', '70 °C'] }],
  text: 'Newer notes say 80 °C. [2] Older ones say 70 °C. [1]',
  citations: [citation(1, { title: 'Green tea, 2019', date: '2019-05-01T00:00:00Z' }), citation(2, { title: 'Green tea, 2025', date: '2025-05-01T00:00:00Z' })],
  route: route('comparison', {
    because: 'differ',
    documents: [
      { document_id: 'd1', content_hash: 'h', title: 'Green tea, 2019', path: '/a.md', date: '2019-05-01T00:00:00Z' },
      { document_id: 'd2', content_hash: 'h', title: 'Green tea, 2025', path: '/b.md', date: '2025-05-01T00:00:00Z' },
    ],
  }),
}
