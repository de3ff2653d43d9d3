import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { accessible, go, patience, picture, scene, searchFor, typeEvenly } from './harness/page.mjs'

const mark = (page) => page.getByRole('list', { name: 'Results' }).getByRole('listitem').first().getByRole('button', { name: /^This was right/ })

/** Waits until the first result is marked, or not. */
async function marked(page, pressed) {
  await page.waitForFunction((wanted) => document.querySelector('main ul button[aria-pressed]')?.getAttribute('aria-pressed') === wanted, String(pressed))
}

scene('a result is marked as right, and stays marked for this search', {}, async (page) => {
  await searchFor(page, 'steeped')
  await marked(page, false)
  await mark(page).click()
  await marked(page, true)
  await accessible(page)
  await picture(page, 'a result marked as right')
  await page.reload()
  await marked(page, true)

  // It was right for that search, not for every one.
  await searchFor(page, 'Gyokuro')
  await marked(page, false)
  await searchFor(page, 'steeped')
  await marked(page, true)
  await mark(page).click()
  await marked(page, false)
  await page.reload()
  await marked(page, false)
})

scene('the keyboard reaches the mark and does not open the document', {}, async (page) => {
  await searchFor(page, '報銷')
  await mark(page).focus()
  await page.keyboard.press('Enter')
  await marked(page, true)
  assert.equal(await page.getByRole('region', { name: 'Document' }).count(), 0)
  await page.keyboard.press('Space')
  await marked(page, false)
})

scene('what was marked is listed, saved as questions, and taken back', {}, async (page) => {
  await searchFor(page, '報銷')
  await mark(page).click()
  await marked(page, true)
  await go(page, '#/library')
  const list = page.locator('[data-test=judgements]')
  await list.getByText('報銷', { exact: true }).waitFor()
  await list.getByText('出差報銷').first().waitFor()
  await accessible(page)
  await list.scrollIntoViewIfNeeded()
  await picture(page, 'what was marked as right')

  const waiting = page.waitForEvent('download')
  await list.getByRole('link', { name: 'Save as questions' }).click()
  const download = await waiting
  assert.equal(download.suggestedFilename(), 'judgements.toml')
  const saved = readFileSync(await download.path(), 'utf8')
  assert.match(saved, /text = "報銷"/)
  assert.match(saved, /出差報銷\.md/)

  await list.getByRole('button', { name: 'Remove: 報銷' }).click()
  await list.getByText('Nothing yet').waitFor()
})

scene('a mark that cannot be kept says so', { expectTrouble: /404/ }, async (page) => {
  await page.route('**/api/v1/judgements', (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({ status: 404, json: { error: { code: 'document_not_found', message: 'there is no document', hint: '' } } })
      : route.continue(),
  )
  await searchFor(page, 'steeped')
  await mark(page).click()
  await page.getByRole('alert').getByText('It could not be kept').waitFor()
  await marked(page, false)
})

scene('what was said of a search is asked for once, when it is answered', {}, async (page) => {
  const looked = []
  page.on('request', (request) => request.method() === 'GET' && request.url().includes('/judgements?') && looked.push(new URL(request.url()).searchParams.get('query')))
  await page.getByText('Type to search').waitFor()
  await typeEvenly(page, 'steeped')
  await marked(page, false)
  await page.waitForFunction(() => document.querySelector('main ul[aria-busy=false]'))
  await page.getByRole('switch', { name: 'Newest first among equals' }).click()
  await page.waitForURL(/recent=1/)
  await page.waitForFunction(() => document.querySelector('main ul[aria-busy=false]'))
  assert.deepEqual(looked, ['steeped'])
})

scene('what is taken back in the Library, or elsewhere, is no longer marked', { expectTrouble: /404/ }, async (page) => {
  await searchFor(page, 'steeped')
  await mark(page).click()
  await marked(page, true)
  await go(page, '#/library')
  await page.locator('[data-test=judgements]').getByRole('button', { name: 'Remove: steeped' }).click()
  await page.locator('[data-test=judgements]').getByText('Nothing yet').waitFor()
  await go(page, '#/search?q=steeped')
  await marked(page, false)

  await mark(page).click()
  await marked(page, true)
  const removed = await page.evaluate(async () => {
    const { judgements } = await (await fetch('/api/v1/judgements?query=steeped')).json()
    return Promise.all(judgements.map(async ({ id }) => (await fetch(`/api/v1/judgements/${id}`, { method: 'DELETE' })).status))
  })
  assert.deepEqual(removed, [204])
  await mark(page).click()
  await marked(page, false)
  assert.equal(await page.getByRole('alert').count(), 0, 'it is taken back, whoever did it')
})

scene('a mark that is kept slowly belongs to the search it was set in', {}, async (page) => {
  let finish = () => undefined
  const held = new Promise((done) => (finish = done))
  await page.route('**/api/v1/judgements', async (route) => {
    if (route.request().method() === 'POST') await held
    await route.continue().catch(() => undefined)
  })
  await searchFor(page, 'steeped')
  await mark(page).click()
  const looked = page.waitForResponse((reply) => new URL(reply.url()).searchParams.get('query') === 'steeped minutes', { timeout: patience })
  await searchFor(page, 'steeped minutes')
  await looked
  const kept = page.waitForResponse((reply) => reply.request().method() === 'POST' && reply.url().endsWith('/judgements'), { timeout: patience })
  finish()
  await kept
  await page.waitForTimeout(100)
  await marked(page, false)
  await searchFor(page, 'steeped')
  await marked(page, true)
  await mark(page).click()
  await marked(page, false)
})
