import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { accessible, go, picture, scene, searchFor } from './harness/page.mjs'

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
