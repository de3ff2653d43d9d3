import assert from 'node:assert/strict'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { folderOf, spanOf } from './harness/folder.mjs'
import { accessible, becomes, comesIntoView, go, hasFocus, noSidewaysScroll, origin, picture, scene, searchFor, withoutAnswers } from './harness/page.mjs'

const fixtures = fileURLToPath(new URL('originals/', import.meta.url))
const { within: office, find } = folderOf('office', (folder) => cpSync(fixtures, folder, { recursive: true }))
const api = `${origin}/api/v1`
const boils = 'The copper kettle boils at ninety degrees on the balcony.'
const sings = '銅壺在陽台上煮到九十度就會鳴笛。'

/** How much of a drawn page is not paper, in per mille; of a part of it, in fractions of the page. */
async function ink(page, number, { left = 0, top = 0, right = 1, bottom = 1 } = {}) {
  await page.locator(`[data-page="${number}"] canvas`).waitFor()
  return page.locator(`[data-page="${number}"] canvas`).evaluate(
    (canvas, part) => {
      const x = Math.floor(canvas.width * part.left)
      const y = Math.floor(canvas.height * part.top)
      const { data } = canvas.getContext('2d').getImageData(x, y, Math.floor(canvas.width * part.right) - x, Math.floor(canvas.height * part.bottom) - y)
      let dark = 0
      for (let at = 0; at < data.length; at += 4) if (data[at] + data[at + 1] + data[at + 2] < 384) dark++
      return (dark / (data.length / 4)) * 1000
    },
    { left, top, right, bottom },
  )
}

office('a PDF is shown by page with the passage boxed, and as text beside it', {}, async (page) => {
  const loaded = []
  page.on('request', (request) => loaded.push(request.url()))
  await searchFor(page, 'steeped')
  await page.getByRole('link', { name: /Green tea/ }).first().click()
  await page.getByRole('region', { name: 'Document' }).getByText('The passage is marked.').waitFor()
  assert.deepEqual(loaded.filter((url) => /pdf/i.test(url)), [], 'PDF.js is loaded for PDFs only')

  const kettle = await find(page, 'kettle.pdf', 'kettle')
  await searchFor(page, 'ninety degrees balcony')
  await page.getByRole('link', { name: /The copper kettle/ }).first().click()
  const pane = page.getByRole('region', { name: 'Document' })
  const box = pane.getByRole('img', { name: 'The passage on page 1' })
  await box.waitFor()
  assert.ok(await ink(page, 1, { left: 0.1, top: 0.14, right: 0.85, bottom: 0.17 }) > 20, 'the line is drawn')
  assert.equal(await pane.getByRole('img', { name: 'Page 1 of 2' }).count(), 1)
  await comesIntoView(box)
  await becomes(() => hasFocus(box), true, 'the passage has the focus')
  assert.equal(await pane.locator('.text').isVisible(), false)
  assert.ok(loaded.some((url) => /pdf\.worker/.test(url)))
  await accessible(page)
  await picture(page, 'originals pages beside results')

  await pane.getByRole('button', { name: 'Text', exact: true }).click()
  const mark = pane.locator('.text mark').first()
  await mark.waitFor()
  await comesIntoView(mark, 'the passage is in view there as well')
  await accessible(page)
  await picture(page, 'originals text beside results')
  await go(page, `#/doc/${kettle.document_id}?at=${spanOf(kettle, boils)}`)
  await page.locator('.text mark').first().waitFor()
  assert.equal(await page.getByRole('button', { name: 'Text', exact: true }).getAttribute('aria-pressed'), 'true', 'the choice is remembered')
})

office('a line of Chinese on the second page is scrolled to, and pages turn and grow', {}, async (page) => {
  const kettle = await find(page, 'kettle.pdf', '銅壺')
  await go(page, `#/doc/${kettle.document_id}?at=${spanOf(kettle, sings)}`)
  const box = page.getByRole('img', { name: 'The passage on page 2' })
  await box.waitFor()
  await page.locator('[data-page="2"] canvas').waitFor()
  await comesIntoView(box)
  assert.ok(await ink(page, 2, { left: 0.1, top: 0.14, right: 0.52, bottom: 0.17 }) > 20, 'its characters are drawn')
  const number = page.getByRole('spinbutton', { name: 'Page' })
  await page.waitForFunction(() => document.querySelector('input[type=number]')?.value === '2')
  // The box lies over its line and no other: dark beneath, paper above.
  const { top, height } = await box.evaluate((element) => ({ top: parseFloat(element.style.top), height: parseFloat(element.style.height) }))
  assert.ok(top > 14 && top < 15 && height < 3, `the box is at ${top} %, ${height} % high`)
  await accessible(page)
  await picture(page, 'originals chinese page')

  await number.fill('1')
  await number.press('Enter')
  const first = page.locator('[data-page="1"]')
  await page.waitForFunction(() => Math.abs(document.querySelector('[data-page="1"]').getBoundingClientRect().top) < 200)
  assert.ok(await ink(page, 1) > 5)

  const wide = async () => (await first.boundingBox()).width
  const fitting = await wide()
  await page.getByRole('button', { name: 'Larger' }).click()
  await page.waitForFunction((before) => document.querySelector('[data-page="1"]').getBoundingClientRect().width > before * 1.2, fitting)
  await accessible(page)
  await picture(page, 'originals page larger')
  await noSidewaysScroll(page)
  await page.getByRole('button', { name: 'Smaller' }).press('Enter')
  await page.getByRole('button', { name: 'Smaller' }).press('Enter')
  await becomes(async () => (await wide()) < fitting, true)
  await page.getByRole('button', { name: /fit the width/ }).click()
  await page.waitForFunction((before) => Math.abs(document.querySelector('[data-page="1"]').getBoundingClientRect().width - before) < 1, fitting)
})

office('on a phone, in the dark and in Chinese, the pages fit', { viewport: { width: 360, height: 740 }, hasTouch: true, colorScheme: 'dark', locale: 'zh-TW' }, async (page) => {
  const kettle = await find(page, 'kettle.pdf', '銅壺')
  await go(page, `#/doc/${kettle.document_id}?at=${spanOf(kettle, boils)}`)
  await page.getByRole('img', { name: '第 1 頁上的段落' }).waitFor()
  assert.ok(await ink(page, 1) > 5)
  await noSidewaysScroll(page)
  await accessible(page)
  await picture(page, 'originals phone dark')
  await page.getByRole('button', { name: '放大' }).click()
  await noSidewaysScroll(page)
  await page.evaluate(() => scrollTo(0, 0))
  await picture(page, 'originals phone dark top')
  await page.getByRole('button', { name: '文字', exact: true }).click()
  await page.locator('.text mark').first().waitFor()
  await noSidewaysScroll(page)
})

office('a hostile PDF is drawn and does nothing', {}, async (page, opened) => {
  const asked = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  const lighthouse = await find(page, 'lighthouse.pdf', 'lighthouse')
  await go(page, `#/doc/${lighthouse.document_id}`)
  const frame = page.getByRole('group', { name: 'Pages' })
  assert.ok(await ink(page, 1, { left: 0.09, top: 0.16, right: 0.7, bottom: 0.21 }) > 20, 'in a standard font that is not in it')
  assert.ok(asked.some((path) => /\/fonts\/FoxitDingbats\.pfb/.test(path)), `what the browser lacks comes from here: ${asked}`)
  assert.ok(asked.some((path) => /\/cmaps\/UniCNS-UCS2-H\.bcmap/.test(path)), 'and so do character maps')
  for (const kind of ['a', 'input', 'textarea', 'select', 'button', 'iframe', 'script', 'object', 'embed']) assert.equal(await frame.locator(kind).count(), 0, `no ${kind} in a page`)
  await frame.locator('canvas').click({ position: { x: 200, y: 200 } })
  await page.waitForTimeout(300)
  assert.equal(opened.pages().length, 1, 'its link leads nowhere')
  assert.match(page.url(), /#\/doc\//)
  await accessible(page)
  await picture(page, 'originals hostile pdf')
})

office('a PDF whose pages cannot be drawn is still there as text', { expectTrouble: /409/ }, async (page) => {
  const kettle = await find(page, 'kettle.pdf', 'kettle')
  await page.route('**/original', (route) => route.fulfill({ body: 'no PDF at all', headers: { 'Rushlight-Original': 'document' } }))
  await go(page, `#/doc/${kettle.document_id}`)
  await page.getByText('These pages cannot be drawn.').waitFor()
  await accessible(page)
  await page.unroute('**/original')
  await page.route('**/original', (route) => route.fulfill({ status: 409, json: { error: { code: 'file_changed', message: '`kettle.pdf` is no longer the file that was indexed', hint: '' } } }))
  await page.reload()
  await page.getByRole('alert').getByText('The file is no longer the one that was indexed').waitFor()
  await accessible(page)
  await picture(page, 'originals changed file')
  await page.unroute('**/original')
  await page.getByRole('button', { name: 'Try again' }).click()
  assert.ok(await ink(page, 1) > 5)
})

office('the original is saved as it is, and what keeps it away is said', { acceptDownloads: true, expectTrouble: /409/ }, async (page) => {
  const kettle = await find(page, 'kettle.pdf', 'kettle')
  await go(page, `#/doc/${kettle.document_id}`)
  const button = page.getByRole('button', { name: 'Download the original' })
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()])
  assert.equal(download.suggestedFilename(), 'kettle.pdf')
  assert.deepEqual(readFileSync(await download.path()), readFileSync(join(fixtures, 'kettle.pdf')))
  await page.getByText('Saved as').waitFor()
  await accessible(page)
  const direct = await page.request.get(`${api}/documents/${kettle.document_id}/original?show=1`)
  const headers = direct.headers()
  assert.match(headers['content-security-policy'], /^sandbox; default-src 'none'/)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.match(headers['content-disposition'], /^inline; /)

  await page.route('**/original', (route) => route.fulfill({ body: 'From ', headers: { 'Rushlight-Original': 'file', 'Content-Disposition': "attachment; filename*=UTF-8''%E4%BF%A1.eml" } }))
  const [holder] = await Promise.all([page.waitForEvent('download'), button.click()])
  assert.equal(holder.suggestedFilename(), '信.eml')
  await page.getByText('This part cannot be taken out by itself.').waitFor()
  await page.unroute('**/original')
  await page.route('**/original', (route) => route.fulfill({ status: 409, json: { error: { code: 'file_changed', message: 'it is another', hint: '' } } }))
  await button.click()
  await page.getByRole('alert').getByText('The file is no longer the one that was indexed').waitFor()
  await accessible(page)
})

office('a picture is shown with the passage boxed and what was recognised below it', { skip: withoutAnswers }, async (page, opened) => {
  const lantern = await find(page, 'lantern.png', 'rapeseed')
  const line = lantern.sections.flatMap(({ text }) => text.split('\n')).find((one) => one.includes('rapeseed'))
  await searchFor(page, 'rapeseed')
  await page.getByRole('link', { name: /lantern/ }).first().click()
  const pane = page.getByRole('region', { name: 'Document' })
  const shown = pane.getByRole('img', { name: 'Picture: lantern' })
  await pane.getByRole('img', { name: 'The passage in the picture' }).waitFor()
  assert.ok((await shown.evaluate((image) => image.naturalWidth)) > 400)
  assert.ok(await pane.locator('.text').getByText('rapeseed').first().isVisible(), 'its text is there')
  assert.match((await pane.locator('.text .sure').first().textContent()) ?? '', /recognised text, \d+\s?% sure/)
  await accessible(page)
  await picture(page, 'originals picture')
  await go(page, `#/doc/${lantern.document_id}?at=${spanOf(lantern, line)}`)
  const box = page.getByRole('img', { name: 'The passage in the picture' })
  await box.waitFor()
  const { top, height } = await box.evaluate((element) => ({ top: parseFloat(element.style.top), height: parseFloat(element.style.height) }))
  assert.ok(top < 30 && height < 20, `the first of two lines is boxed: ${top} %, ${height} %`)
  await page.setViewportSize({ width: 360, height: 740 })
  await noSidewaysScroll(page)
  await picture(page, 'originals picture phone')
  const [alone] = await Promise.all([opened.waitForEvent('page'), page.getByRole('link', { name: 'Open the original' }).click()])
  await alone.waitForLoadState()
  assert.ok(await alone.locator('img').evaluate((image) => image.naturalWidth > 400), 'by itself too')
})
