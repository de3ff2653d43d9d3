// Every case of the corpus, on every way that its text can take into the page: as a file that is indexed, and as each string of
// a reply. What runs, what asks for anything outside, and what breaks the policy is caught by the scene.

import assert from 'node:assert/strict'
import { answer, citation, pour, pouring, route } from './harness/answers.mjs'
import { cases } from './harness/hostile.mjs'
import { folders, go, noSidewaysScroll, origin, patience, picture, scene, suggesting } from './harness/page.mjs'

const real = Boolean(process.env.RUSHLIGHT_BIN)
const phone = { width: 360, height: 740 }
const kinds = [...new Set(cases.map((one) => one.of))]

/** A failure names its case. */
async function each(these, check) {
  for (const one of these) {
    await check(one).catch((error) => {
      throw new Error(`${one.name}: ${error.message}`, { cause: error })
    })
  }
}

/** Watches what a scene does not: windows, downloads, and the page being left. */
async function watched(page, context, body) {
  const seen = []
  context.on('page', (other) => seen.push(`a window: ${other.url()}`))
  page.on('download', (file) => seen.push(`a download: ${file.url()}`))
  page.on('framenavigated', (frame) => !frame.url().startsWith(`${origin}/`) && seen.push(`left for ${frame.url()}`))
  await body()
  assert.deepEqual(seen, [], 'windows, downloads and departures')
}

/** The page is still the page: nothing of what was shown has become an element that acts, and the header stands where it stood. */
async function whole(page) {
  const found = await page.evaluate(() => {
    const problems = []
    const acting = 'script, iframe, frame, object, embed, applet, base, meta, link, style, video, audio, template, math, portal'
    for (const one of document.body.querySelectorAll(acting)) problems.push(`<${one.localName}>`)
    for (const one of document.body.querySelectorAll('*')) {
      for (const { name, value } of one.attributes) {
        if (name.startsWith('on') || name === 'srcdoc' || name === 'ping' || name === 'formaction' || name === 'action') problems.push(`${name} of <${one.localName}>`)
        // Animations and uses of what is drawn lead nowhere but inside; what is fetched or followed stays on this origin.
        if (['href', 'src', 'srcset', 'poster', 'data', 'xlink:href'].includes(name) && new URL(value, location.href).origin !== location.origin) problems.push(`${name}="${value}"`)
      }
    }
    if (!/Rushlight$/.test(document.title)) problems.push(`the title is ${document.title}`)
    const header = document.querySelector('header')
    const box = header.getBoundingClientRect()
    if (box.top !== 0 || box.left !== 0 || box.width !== document.documentElement.clientWidth || Math.abs(box.height - 57) > 6) problems.push(`the header is at ${JSON.stringify(box)}`)
    if (!header.contains(document.elementFromPoint(box.width / 2, box.height / 2))) problems.push('something covers the header')
    return problems
  })
  assert.deepEqual(found, [])
  await noSidewaysScroll(page)
  assert.equal(await page.evaluate(() => window.hostile), undefined, 'hostile text has run')
}

const turning = /[\u0000-\u0008\u000b-\u001f\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]/u

async function namesArePlain(page, where) {
  for (const text of await page.locator(where).allTextContents()) assert.doesNotMatch(text, turning, 'a name that turns around or hides signs')
}

const send = (page, method, path, body) =>
  page.evaluate(
    async ([how, to, what]) => {
      const reply = await fetch(`/api/v1${to}`, { method: how, ...(what && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(what) }) })
      return reply.status === 204 ? null : reply.json()
    },
    [method, path, body],
  )

/** The corpus as a folder of its own, as long as `body` runs. */
async function indexed(page, body) {
  const { id } = await send(page, 'POST', '/sources', { path: folders.corpus, space: 'strangers' })
  try {
    for (const end = Date.now() + patience; ; await page.waitForTimeout(300)) {
      const source = (await send(page, 'GET', '/sources')).sources.find((one) => one.id === id)
      if (source.last_scan && source.counts.waiting === 0 && source.counts.seen > 0) break
      assert.ok(Date.now() < end, `the corpus was not indexed in time: ${JSON.stringify(source.counts)}`)
    }
    // What was read last is searchable a moment later.
    const last = cases.findLast(({ file, of }) => file && of !== 'pdf')
    for (const end = Date.now() + patience; ; await page.waitForTimeout(100)) {
      if ((await send(page, 'POST', '/search', { query: `"${last.word}"`, spaces: ['strangers'] })).hits?.length > 0) break
      assert.ok(Date.now() < end, 'the corpus is not searchable')
    }
    await body()
  } finally {
    await send(page, 'DELETE', `/sources/${id}`)
  }
}

for (const [size, viewport] of [['desktop', { width: 1280, height: 860 }], ['phone', phone]]) {
  scene(`${size}: every hostile file among the results, in its document and in the list of problems`, { viewport }, (page, context) =>
    watched(page, context, () =>
      indexed(page, async () => {
        // The stand-in reads no PDFs.
        const files = cases.filter(({ file, of }) => file && (real || of !== 'pdf'))
        assert.ok(files.length >= 60)
        await each(files, async ({ word, of }) => {
          await go(page, `#/search?q=%22${word}%22&space=strangers`)
          const first = page.locator('main .name a').first()
          await page.locator('main ul[aria-busy=false] mark', { hasText: word }).first().waitFor()
          await whole(page)
          await namesArePlain(page, 'main .name, main .path')
          await first.click()
          const view = (name) => page.locator('.pane').getByRole('button', { name, exact: true })
          if (of === 'pdf') {
            await page.locator('.pane [data-page="1"] canvas').waitFor()
            await whole(page)
            await view('Text').click()
          }
          await page.locator('.pane mark').first().waitFor()
          await whole(page)
          await namesArePlain(page, '.pane .title, .pane .path, .pane dd')
          // The choice is kept for the next one.
          if (of === 'pdf') await view('Pages').click()
        })
        await picture(page, `hostile document ${size}`)
        await go(page, '#/library')
        await page.locator('[data-test=problems] li').first().waitFor()
        await whole(page)
      }),
    ),
  )
}

function hit(text, number) {
  return {
    chunk_id: `c ${number} ${text}`, document_id: text, content_hash: text, title: text, path: `/home/ada/${text}`, part: text, kind: number % 2 ? text : 'mail', date: text, space: text,
    heading_path: [text, text], locator: [{ kind: 'cells', sheet: text, first: 1, last: 2 }, { kind: 'message_part', part: text, first: 1, last: 1 }][number % 2], label: text,
    span: { start: 0, end: 5 }, text, segments: [{ text, mark: false }, { text, mark: true }], scores: { keyword: 1, semantic: 1, fused: 1 }, offline: true,
    also_at: [{ document_id: `${number}`, path: text, part: text, offline: false }],
    more: [{ chunk_id: `m${number}`, heading_path: [text], locator: { kind: 'whole' }, label: text, span: { start: 0, end: 5 }, segments: [{ text, mark: true }] }],
    related: [{ document_id: text, content_hash: 'h', title: text, path: text, part: text, date: text, relation: 'version' }, { document_id: `r${number}`, content_hash: 'h', title: text, path: text, part: '', date: null, relation: 'conversation' }],
    why: { parts: [{ name: 'words', value: 1, weight: 1, share: 1 }], terms: [{ typed: text, how: 'exact', found: [{ field: text, term: text, count: 1 }], chunks: 1, share: 1 }], notes: [text] },
  }
}

for (const [size, viewport] of [['desktop', { width: 1280, height: 860 }], ['phone', phone]]) {
  scene(`${size}: every hostile text in every string of a reply to a search`, { viewport }, (page, context) =>
    watched(page, context, async () => {
      await suggesting(page, () => cases.slice(0, 8).map(({ text }, index) => ({ kind: ['title', 'person', 'tag'][index % 3], text, documents: 1, query: text })))
      for (const of of kinds) {
        const these = cases.filter((one) => one.of === of)
        await page.route('**/api/v1/search', (routed) => {
          const timings = { keyword_us: 1, embed_us: 1, vector_us: 1, rerank_us: 1, total_us: 1 }
          const corrections = these.map(({ text }) => ({ typed: text, meant: text }))
          const understood = these.map(({ text }) => ({ label: 'path', text }))
          const body = { hits: these.map(({ text }, index) => hit(text, index)), degraded: [{ leg: these[0].text, message: these[0].text }], timings, corrections, understood, weighing: { semantic: 0.5, because: [{ feature: these[0].text, by: 0.1 }] } }
          return routed.fulfill({ json: body }).catch(() => undefined)
        })
        await page.route('**/api/v1/search/sentences', (routed) => routed.fulfill({ json: { sentences: these.map(({ text }, index) => ({ chunk_id: `c ${index} ${text}`, segments: [{ text, mark: true, kind: 'sentence' }] })) } }))
        await go(page, `#/search?q=${of}`)
        await page.waitForFunction((count) => document.querySelectorAll('main ul[aria-busy=false] article').length === count, these.length)
        await whole(page)
        await page.evaluate(() => document.querySelectorAll('main summary').forEach((one) => one.click()))
        await page.locator('.why rect').first().waitFor()
        await whole(page)
        await namesArePlain(page, 'main .name, main .path, main .read')
        await picture(page, `hostile results ${of} ${size}`)
        await page.unroute('**/api/v1/search')
        await page.unroute('**/api/v1/search/sentences')
      }
      await page.getByRole('combobox').fill('gre')
      await page.getByRole('option').first().waitFor()
      await whole(page)
    }),
  )
}

const named = (text, id) => ({ document_id: id, title: text, path: `/home/ada/${text}`, part: text, kind: text, date: text })

for (const [size, viewport] of [['desktop', { width: 1280, height: 860 }], ['phone', phone]]) {
  scene(`${size}: every hostile text in every string of a document, and of what is related to it`, { viewport, expectTrouble: /40[04]/ }, (page, context) =>
    watched(page, context, async () => {
      const of = (url) => cases[Number(/documents\/case(\d+)/.exec(url)?.[1])]?.text ?? ''
      await page.route(/\/api\/v1\/documents\/case\d+(\/(links|similar).*)?$/, (routed) => {
        const url = routed.request().url()
        const text = of(url)
        if (url.includes('/links')) {
          const document = named(text, 'case0')
          return routed.fulfill({ json: { outgoing: [{ target: text, document: null }, { target: text, document }], backlinks: { total: 3, documents: [{ document, links: 2, span: null, text }] }, thread: [{ document, from: [text] }, { document: named(text, 'case1'), from: [text, text] }] } })
        }
        if (url.includes('/similar')) return routed.fulfill({ json: { documents: [{ document: named(text, 'case2'), similarity: 0.5 }] } })
        const section = (kind, level) => ({ label: text, kind, level, span: { start: 0, end: 5 }, text, confidence: 50 })
        return routed.fulfill({
          json: {
            ...named(text, 'case0'), media_type: text, space: text, content_hash: text, authors: [text, text], recipients: [text], thread_id: text, list: text, tags: [text], language: text, aliases: [text],
            attachments: [{ name: text, media_type: text, document_id: text }, text], links: [{ kind: 'name', target: text, fragment: text, embedded: true }], pages: null, unreadable_pages: [], warnings: [{ code: text, message: text }],
            sections: [section('heading', 1), section('paragraph', null), section('table_row', null), section('quote', null), section('code', null), section('metadata', null), section(text, null)],
          },
        })
      })
      await each(cases.map((one, index) => ({ ...one, index })), async ({ index }) => {
        await go(page, `#/search?doc=case${index}&at=0-5`)
        await page.locator('.pane .section').first().waitFor()
        await page.locator('.related').first().waitFor()
        await whole(page)
        await namesArePlain(page, '.pane .title, .pane .path, .pane dd')
      })
      await picture(page, `hostile strings of a document ${size}`)
      await go(page, '#/doc/case1')
      await page.locator('.pane.alone .section').first().waitFor()
      await whole(page)
    }),
  )
}

scene('every hostile text as a note, a text, a table and a page of an office, rendered and as it is written', { viewport: phone }, (page, context) =>
  watched(page, context, async () => {
    const types = { 'text/markdown': 'note', 'text/plain': 'text', 'text/csv': 'table', 'application/msword': 'document' }
    const sections = (text, type) => {
      const own = text.trim() || 'nothing'
      const row = type === 'text/csv' || type === 'application/msword'
      return [
        { label: 'line 1', kind: row ? 'table_header' : 'paragraph', level: 0, span: { start: 0, end: Buffer.byteLength(own) }, text: own },
        { label: text, kind: row ? 'table_row' : 'code', level: 0, span: { start: Buffer.byteLength(own) + 2, end: 2 * Buffer.byteLength(own) + 4 }, text: row ? `${own}\t${own}` : own, before: '\n\n' },
      ]
    }
    let shown = { text: '', type: '' }
    await page.route(/\/api\/v1\/documents\/case\d+(\/(links|similar).*)?$/, (routed) => {
      const { text, type } = shown
      const url = routed.request().url()
      const document = named(text, 'other')
      // Whatever it links to leads to a document.
      const targets = [...text.matchAll(/\(([^()]*)\)|\[\[([^\]|#]*)/g)].map(([, path, name]) => ({ kind: name === undefined ? 'path' : 'name', target: name ?? path, document }))
      if (url.includes('/links')) return routed.fulfill({ json: { outgoing: targets, backlinks: { total: 0, documents: [] }, thread: [] } })
      if (url.includes('/similar')) return routed.fulfill({ json: { documents: [] } })
      const rest = { space: text, content_hash: `${type}${text}`, authors: [], recipients: [], thread_id: null, list: null, tags: [], language: null, aliases: [], attachments: [], links: [], pages: null, unreadable_pages: [], warnings: [] }
      return routed.fulfill({ json: { ...named(text, 'case0'), kind: types[type], media_type: type, ...rest, sections: sections(text, type) } })
    })
    let count = 0
    for (const type of Object.keys(types)) {
      await each(cases, async ({ text }) => {
        shown = { text, type }
        await go(page, `#/doc/case${++count}?at=0-4`)
        await page.waitForFunction((one) => location.hash.includes(one) && document.querySelector('.text [data-passage]'), `case${count}?`)
        await whole(page)
        for (const link of await page.locator('.text a').all()) assert.match((await link.getAttribute('href')) ?? '', /^#\//)
        if (type !== 'text/markdown') return
        await page.getByRole('button', { name: 'As written' }).click()
        await page.locator('.text .line').first().waitFor()
        await whole(page)
        await page.getByRole('button', { name: 'Rendered' }).click()
      })
      await picture(page, `hostile ${types[type]} phone`)
    }
  }),
)

for (const [size, viewport] of [['desktop', { width: 1280, height: 860 }], ['phone', phone]]) {
  scene(`${size}: every hostile text in every string of a mail, and of what it is read with`, { viewport, expectTrouble: /40[04]/ }, (page, context) =>
    watched(page, context, async () => {
      await page.route(/\/api\/v1\/documents\/case\d+(\/(links|similar|mail).*)?$/, (routed) => {
        const url = routed.request().url()
        const index = Number(/documents\/case(\d+)/.exec(url)[1])
        const { text = '' } = cases[index] ?? {}
        const document = { ...named(text, `case${index}`), kind: 'mail' }
        if (url.includes('/links')) return routed.fulfill({ json: { outgoing: [], backlinks: { total: 0, documents: [] }, thread: [] } })
        if (url.includes('/similar')) return routed.fulfill({ json: { documents: [] } })
        if (url.includes('/mail')) {
          const attachment = { name: text, media_type: text, bytes: 5, document_id: null, kind: null, inside: { total: 0, documents: [] }, reason: null }
          const attachments = [
            { ...attachment, document_id: `case${index}`, kind: 'mail' },
            { ...attachment, inside: { total: 3, documents: [named(text, 'case0')] } },
            { ...attachment, reason: { code: text, message: text } },
          ]
          return routed.fulfill({ json: { thread: { total: 2, before: 0, mails: [{ document, from: [text, text], opening: text }, { document: named(text, 'other'), from: [], opening: '' }] }, attachments } })
        }
        const section = (kind, own) => ({ label: text, kind, level: 0, span: { start: 0, end: 5 }, text: own })
        const line = text.replace(/\s+/g, ' ')
        return routed.fulfill({
          json: {
            ...document, media_type: text, space: text, content_hash: text, authors: [text], recipients: [text], thread_id: text, list: text, tags: [], language: text, aliases: [], attachments: [text],
            links: [], pages: null, unreadable_pages: [], warnings: [],
            sections: [section('metadata', `From: ${line}\nTo: ${line}\nDate: ${line}\nSubject: ${line}\n${line}`), section('paragraph', text), section('signature', `-- \n${text}`), section('quote', `> ${text}`)],
          },
        })
      })
      await each(cases.map((one, index) => ({ ...one, index })), async ({ index }) => {
        await go(page, `#/search?doc=case${index}`)
        await page.locator('.pane .mail .thread').waitFor()
        await page.locator('.mail button[aria-expanded]').last().click()
        await page.locator('.opened .head').waitFor()
        await whole(page)
        await namesArePlain(page, '.mail .head dd, .mail .thread, .mail .name, .mail .reason')
        // Another one, before the next has the same parts.
        await go(page, '#/search')
        await page.locator('.pane').waitFor({ state: 'detached' })
      })
      await picture(page, `hostile strings of a mail ${size}`)
    }),
  )
}

for (const [size, viewport] of [['desktop', { width: 1280, height: 860 }], ['phone', phone]]) {
  scene(`${size}: every hostile text in a streamed answer`, { viewport }, (page, context) =>
    watched(page, context, async () => {
      await pouring(page)
      await go(page, '#/ask')
      await each(cases, async ({ text }) => {
        await page.evaluate(() => (window.stream = undefined))
        await page.locator('#question').fill(text.slice(0, 4000))
        await page.keyboard.press('Enter')
        const taken = route('list', { because: text, standalone: text, translated: text, query: text, documents: [{ document_id: text, content_hash: 'h', title: text, path: text, date: text }] })
        const cited = { ...citation(1, { title: text, quote: text, id: text }), path: text, part: text, space: text, label: text, content_hash: text }
        await pour(page, 'route', taken)
        await pour(page, 'first', { citation: cited })
        await pour(page, 'evidence', { passages: [{ number: 1, title: text, path: text, label: text, document_id: text, text }] })
        await page.locator('.turn .first').waitFor()
        await whole(page)
        // In two pieces, as a model would write it: neither half may become more than text.
        await pour(page, 'piece', { text: text.slice(0, text.length / 2) })
        await pour(page, 'piece', { text: text.slice(text.length / 2) })
        await page.locator('.draft').waitFor()
        await whole(page)
        await pour(page, 'answer', {
          answer: answer({
            text: `${text} [1] ${text} [2]`, grounding: 'partial', citations: [cited, { ...cited, number: 2 }], route: taken, disagreements: [{ citations: [1, 2], values: [text, text] }], model: text,
            closest: [hit(text, 1)], coverage: { documents: 1, documents_by_meaning: 1, files_not_searched: 1, unreadable_pages: 1, spaces: [text, text] },
            table: { rows: [{ citation: 1, title: text, from: text, date: text, versions: 1 }], total: 1, walked: 1 },
          }),
          conversation: null, receipt: text,
        })
        await page.locator('.answer').waitFor()
        await whole(page)
        for (const link of await page.locator('.turn a').all()) assert.match((await link.getAttribute('href')) ?? '', /^(#\/|\/api\/v1\/receipts\/)/)
        // What they open is there a frame later.
        await page.evaluate(() => {
          document.querySelectorAll('.turn summary').forEach((one) => one.click())
          return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
        })
        await whole(page)
        await page.getByRole('button', { name: 'New question' }).click()
      })
      await picture(page, `hostile answers ${size}`)
    }),
  )
}

scene('every hostile text in the lists of problems, of judgements and of conversations', { viewport: phone }, (page, context) =>
  watched(page, context, async () => {
    const problem = ({ text }, index) => ({ source_id: 1, path: text, status: ['skipped', 'failed', 'warning', text][index % 4], code: text, message: text, hint: `\`${text}\``, retryable: true, attempts: 2 })
    await page.route('**/api/v1/problems?**', (routed) => routed.fulfill({ json: { total: cases.length, problems: cases.map(problem) } }))
    const judgement = ({ text }, index) => ({ id: `j${index}`, query: text, document_id: text, quote: text, right: index % 2 === 0, title: text, path: text, part: text, spaces: [text], kinds: [], judged: text, gone: index % 3 === 0 })
    await page.route('**/api/v1/judgements?**', (routed) => routed.fulfill({ json: { total: cases.length, judgements: cases.map(judgement) } }))
    await page.route('**/api/v1/conversations*', (routed) => routed.fulfill({ json: { conversations: cases.map(({ text }, index) => ({ id: `k${index}`, title: text, updated: text, turns: 1 })) } }))
    await go(page, '#/library')
    await page.waitForFunction((count) => document.querySelectorAll('[data-test=problems] li').length === count, cases.length)
    await whole(page)
    await namesArePlain(page, '[data-test=problems] .file')
    await picture(page, 'hostile problems')
    await go(page, '#/ask')
    await page.locator('.conversations li').first().waitFor()
    await whole(page)
    await namesArePlain(page, '.conversations .open bdi')
    await picture(page, 'hostile conversations')
  }),
)

scene('an error that is hostile is a message', { expectTrouble: /40[04]|500/ }, async (page) => {
  await each(cases.filter(({ of }) => of === 'name' || of === 'markdown'), async ({ text }) => {
    await page.route('**/api/v1/search', (routed) => routed.fulfill({ status: 500, json: { error: { code: text, message: text, hint: `\`${text}\` ${text}` } } }))
    await go(page, '#/search?q=x')
    await page.getByRole('alert').waitFor()
    await whole(page)
    await go(page, '#/search')
    await page.unroute('**/api/v1/search')
  })
})
