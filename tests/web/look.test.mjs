import assert from 'node:assert/strict'
import { accessible, go, noSidewaysScroll, picture, scene, searchFor } from './harness/page.mjs'

const paper = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
const sizes = { desktop: { width: 1280, height: 860 }, phone: { width: 360, height: 740 } }

scene('light, dark and the system’s choice, remembered', {}, async (page) => {
  const light = await paper(page)
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('Dark').check()
  const dark = await paper(page)
  assert.notEqual(dark, light)
  await page.reload()
  assert.equal(await paper(page), dark)
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('As the system').check()
  assert.equal(await paper(page), light)
  await page.emulateMedia({ colorScheme: 'dark' })
  assert.equal(await paper(page), dark)
})

scene('Traditional Chinese everywhere, remembered', {}, async (page) => {
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('繁體中文').check()
  await picture(page, 'settings zh')
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-Hant')
  await page.reload()
  await page.getByRole('navigation', { name: '頁面' }).getByRole('link', { name: '資料庫' }).click()
  await page.getByRole('heading', { level: 1, name: '資料庫' }).waitFor()
  await page.getByText('需要留意的檔案').waitFor()
  assert.equal(await page.title(), '資料庫 · Rushlight')
})

scene('on a phone the settings fit and Escape closes them', { viewport: sizes.phone }, async (page) => {
  const button = page.getByRole('button', { name: 'Settings' })
  await button.click()
  await page.getByLabel('Dark').waitFor()
  await noSidewaysScroll(page)
  await accessible(page)
  await page.keyboard.press('Escape')
  await page.getByLabel('Dark').waitFor({ state: 'hidden' })
  assert.equal(await button.evaluate((element) => element === document.activeElement), true)
})

scene('a browser set to Chinese is greeted in Chinese', { locale: 'zh-TW' }, async (page) => {
  await page.getByText('輸入即可搜尋').waitFor()
})

for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of ['light', 'dark']) {
    for (const locale of ['en-GB', 'zh-TW']) {
      scene(`${size}, ${colorScheme}, ${locale}: every place fits and is accessible`, { viewport, colorScheme, locale }, async (page) => {
        const places = { search: '#/search', ask: '#/ask', library: '#/library' }
        for (const [name, hash] of Object.entries(places)) {
          await go(page, hash)
          await page.waitForTimeout(250)
          await noSidewaysScroll(page)
          await accessible(page)
          await picture(page, `${name} ${size} ${colorScheme} ${locale}`)
        }
        await go(page, '#/search')
        await searchFor(page, locale === 'zh-TW' ? '報銷' : 'tea')
        await noSidewaysScroll(page)
        await accessible(page)
        await picture(page, `results ${size} ${colorScheme} ${locale}`)
        await page.locator('main .name a').first().click()
        await page.locator('.pane mark').first().waitFor()
        await noSidewaysScroll(page)
        await accessible(page)
        await picture(page, `document ${size} ${colorScheme} ${locale}`)
      })
    }
  }
}
