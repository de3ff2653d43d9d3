import assert from 'node:assert/strict'
import { accessible, becomes, folders, go, patience, picture, scene, searchFor } from './harness/page.mjs'

scene('the Library counts the files, and the counts add up', {}, async (page) => {
  await go(page, '#/library')
  const summary = page.locator('[data-test=summary]')
  await summary.getByText('Files seen').waitFor()
  // All at once, since files of other scenes may still be counted.
  const counts = await summary.evaluate((area) => {
    const count = (name) => Number(area.querySelector(name).textContent)
    return { seen: count('dd'), ...Object.fromEntries(['indexed', 'waiting', 'skipped', 'failed'].map((name) => [name, count(`[data-count=${name}]`)])) }
  })
  const { seen, indexed, waiting, skipped, failed } = counts
  assert.equal(seen, indexed + waiting + skipped + failed)
  assert.ok(indexed >= 6 && skipped >= 1, JSON.stringify(counts))
  await page.getByText(folders.notes, { exact: true }).first().waitFor()
  const problems = page.locator('[data-test=problems]')
  await problems.getByText('picture.bin', { exact: true }).waitFor()
  await page.getByText('multilingual-e5-small').waitFor()
  await accessible(page)
  await picture(page, 'library')
})

scene('a folder is added, searched, scanned and removed', { expectTrouble: /40[49]/ }, async (page) => {
  await go(page, '#/library')
  const path = page.getByLabel('Path of the folder')
  await path.fill(`${folders.more}-nowhere`)
  await page.getByRole('button', { name: 'Add and index' }).click()
  await page.getByRole('alert').getByText('There is no such folder').waitFor()
  await path.fill(folders.more)
  await page.getByLabel('Space').fill('bees')
  await page.getByRole('button', { name: 'Add and index' }).click()
  await page.getByText(`${folders.more} was added.`).waitFor()
  const card = page.locator('li.card').filter({ has: page.getByRole('heading', { name: folders.more, exact: true }) })
  await card.waitFor()
  await page.waitForFunction(
    (root) => document.querySelector(`[data-source="${root}"] [data-count=indexed]`)?.textContent === '1',
    folders.more,
    { timeout: patience },
  )
  await card.getByRole('button', { name: `Scan now: ${folders.more}` }).click()
  await page.getByText('is being looked at').waitFor()
  await go(page, '#/search')
  await searchFor(page, 'hive')
  await page.getByRole('link', { name: /Bees/ }).first().waitFor()

  await go(page, '#/library')
  await card.getByRole('button', { name: `Remove: ${folders.more}` }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('The files stay untouched').waitFor()
  await accessible(page)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await dialog.waitFor({ state: 'detached' })
  await card.getByRole('button', { name: `Remove: ${folders.more}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await card.waitFor({ state: 'detached', timeout: patience })
})

scene('a first start shows the three steps', {}, async (page) => {
  const none = { seen: 0, indexed: 0, skipped: 0, failed: 0, waiting: 0 }
  await page.route('**/api/v1/events', async (route) => {
    const model = (id, state) => ({ id, state, message: '' })
    const status = {
      version: '0.1.0', counts: none, embedding: { done: 0, waiting: 0 }, scans: { read: 0, waiting: 0, unreadable: 0, recogniser: null }, activity: 'idle', files_per_second: 0, remaining: { by_word: 0, by_meaning: 0 },
      models: { language: model('qwen2.5-coder-1.5b-instruct', 'missing'), embedding: model('multilingual-e5-small', 'missing') }, sources: [], spaces: [],
    }
    await route.fulfill({ status: 200, contentType: 'text/event-stream', body: `event: status\ndata: ${JSON.stringify(status)}\n\n` })
  })
  await page.reload()
  await page.getByRole('heading', { name: 'Three steps to the first answer' }).waitFor()
  await accessible(page)
  await picture(page, 'first start')
  await page.getByRole('link', { name: 'Add the first folder' }).click()
  await page.getByText('No folder yet.').waitFor()
  await page.getByText('Not installed').first().waitFor()
})

scene('progress is followed live', {}, async (page) => {
  await page.addInitScript(() => {
    const plain = window.fetch
    window.fetch = async (url, options) => {
      if (!String(url).endsWith('/events')) return plain(url, options)
      const body = new ReadableStream({ start: (out) => void (window.tell = (status) => out.enqueue(new TextEncoder().encode(`event: status\ndata: ${JSON.stringify(status)}\n\n`))) })
      return new Response(body)
    }
  })
  await page.goto(new URL('/#/library', page.url()).href)
  await page.reload()
  await page.waitForFunction(() => window.tell)
  const tell = (indexed) =>
    page.evaluate((done) => {
      const counts = { seen: 12000, indexed: done, skipped: 3, failed: 1, waiting: 12000 - 4 - done }
      const model = (id) => ({ id, state: 'ready', message: '' })
      window.tell({
        version: '0.1.0', counts, embedding: { done: 120, waiting: 2060 }, scans: { read: 7, waiting: 2, unreadable: 1, recogniser: model('ocr') }, activity: 'indexing', files_per_second: 41.5, remaining: { by_word: 12.5, by_meaning: null },
        models: { language: model('l'), embedding: model('e') },
        sources: [{ id: 1, root: '/home/ada/notes', space: 'personal', online: false, paused: false, watching: 'polling', notice: '', last_scan: null, counts }],
        spaces: [{ name: 'personal', documents: done, chunks: 180, chunks_embedded: 120, text_bytes: 81000 }],
      })
    }, indexed)
  const summary = page.locator('[data-test=summary]')
  await tell(1500)
  await summary.getByText('1,500').waitFor()
  await summary.getByText('41.5 files per second').waitFor()
  await page.getByText('The folder is not reachable.').waitFor()
  await tell(9000)
  await summary.getByText('9,000').waitFor()
  await accessible(page)
  await picture(page, 'library progress')
})

/** Statuses as a scene pours them into the page. */
async function poured(page) {
  await page.addInitScript(() => {
    const plain = window.fetch
    window.fetch = async (url, options) => {
      if (!String(url).endsWith('/events')) return plain(url, options)
      const body = new ReadableStream({ start: (out) => void (window.tell = (status) => out.enqueue(new TextEncoder().encode(`event: status\ndata: ${JSON.stringify(status)}\n\n`))) })
      return new Response(body)
    }
  })
  await page.reload()
  await page.waitForFunction(() => window.tell)
  return (counts, { activity = 'idle', state = 'ready' } = {}) =>
    page.evaluate(
      ([some, doing, models]) => {
        const all = { seen: 0, indexed: 0, skipped: 0, failed: 0, waiting: 0, ...some }
        const model = (id) => ({ id, state: models, message: '' })
        const source = { id: 1, root: '/home/ada/notes', space: 'personal', online: true, paused: false, watching: 'events', notice: '', last_scan: null, counts: all }
        window.tell({
          version: '0.1.0', counts: all, embedding: { done: 0, waiting: 0 }, scans: { read: 0, waiting: 0, unreadable: 0, recogniser: null }, activity: doing, files_per_second: 30, remaining: { by_word: 12, by_meaning: null },
          models: { language: model('l'), embedding: model('e') }, sources: some ? [source] : [], spaces: some ? [{ name: 'personal', documents: all.indexed, chunks: 9, chunks_embedded: 9, text_bytes: 9 }] : [],
        })
      },
      [counts, activity, state],
    )
}

scene('from nothing to the first answered question in three steps', {}, async (page) => {
  const tell = await poured(page)
  await tell(null)
  const steps = page.locator('[data-test=first-steps]')
  await steps.getByRole('button', { name: 'Choose a folder…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Choose a folder' })
  await dialog.getByRole('button', { name: /^notes/ }).waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()

  await tell({ seen: 40, indexed: 10, waiting: 30 }, { activity: 'indexing' })
  await steps.getByText('1 folder chosen.').waitFor()
  await steps.getByText('10 of 40 files can be found.').waitFor()
  await steps.getByRole('link', { name: 'You can search already.' }).waitFor()
  await accessible(page)
  await picture(page, 'first steps indexing')
  await tell({ seen: 40, indexed: 39, skipped: 1 })
  await steps.getByText('39 of 40 files can be found.').waitFor()
  const suggested = steps.getByRole('button', { name: /^What does/ })
  await suggested.first().waitFor()
  await becomes(async () => (await suggested.count()) >= 2, true, 'two or three questions are suggested')
  await accessible(page)
  await picture(page, 'first steps')
  const question = (await suggested.first().textContent()).replace(/[\u2068\u2069]/g, '')
  await suggested.first().click()
  await page.waitForFunction(() => location.hash.startsWith('#/ask'))
  await page.getByRole('heading', { name: question }).waitFor()
  await page.locator('.turn').getByRole('link').first().waitFor({ timeout: patience })
  await go(page, '#/search')
  await page.getByText('Type to search').waitFor()
  await becomes(() => steps.count(), 0, 'the steps are done with')
})

scene('without models the first steps say what to run', { viewport: { width: 360, height: 740 } }, async (page) => {
  const tell = await poured(page)
  await tell(null)
  await page.locator('[data-test=first-steps]').waitFor()
  await tell({ seen: 3, indexed: 3 }, { state: 'missing' })
  await page.locator('[data-test=first-steps]').getByText('rushlight models install').waitFor()
  await accessible(page)
  await picture(page, 'first steps without models')
  await page.getByRole('button', { name: 'Close' }).click()
  await page.getByText('Type to search').waitFor()
})
