import assert from 'node:assert/strict'
import { accessible, becomes, dress, go, noSidewaysScroll, picture, scene, searchFor, suggesting } from './harness/page.mjs'

const paper = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
const sizes = { desktop: { width: 1280, height: 860 }, phone: { width: 360, height: 740 } }

scene('light, dark and the system’s choice, remembered', {}, async (page) => {
  const light = await paper(page)
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('Dark').check()
  const dark = await paper(page)
  assert.notEqual(dark, light)
  await page.reload()
  await becomes(() => paper(page), dark)
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('As the system').check()
  await becomes(() => paper(page), light)
  await page.emulateMedia({ colorScheme: 'dark' })
  await becomes(() => paper(page), dark)
})

scene('Traditional Chinese everywhere, remembered', {}, async (page) => {
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('繁體中文').check()
  await becomes(() => page.evaluate(() => document.documentElement.lang), 'zh-Hant')
  await picture(page, 'settings zh')
  await page.reload()
  await page.getByRole('navigation', { name: '頁面' }).getByRole('link', { name: '資料庫' }).click()
  await page.getByRole('heading', { level: 1, name: '資料庫' }).waitFor()
  await page.getByText('需要留意的檔案').waitFor()
  await becomes(() => page.title(), '資料庫 · Rushlight')
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

const everything = (reply) => {
  reply.corrections = [{ typed: 'stepe', meant: 'steep' }, { typed: 'stepe', meant: 'steeped' }, { typed: 'kettel', meant: 'kettle' }]
  reply.understood = [{ label: 'words', text: '綠茶 tea' }, { label: 'from', text: '"Anna Li"' }, { label: 'before', text: '2024-03-01' }]
  reply.weighing = { semantic: 0.3, because: [{ feature: 'literal', by: -0.08 }, { feature: 'margin', by: 0.02 }] }
  reply.timings = { keyword_us: 900, embed_us: 8000, vector_us: 3000, rerank_us: 40_000, total_us: 49_900 }
  const [hit] = reply.hits
  if (!hit) return
  const { document_id, content_hash, path, segments, span } = hit
  const passage = { chunk_id: 'c2', heading_path: [hit.title, 'Brewing 沖泡'], locator: { kind: 'lines', first: 7, last: 7 }, label: 'line 7', span, segments }
  const other = { document_id, content_hash, path, part: '' }
  hit.more = [passage, { ...passage, chunk_id: 'c3', locator: { kind: 'lines', first: 9, last: 11 } }]
  hit.related = [
    { ...other, document_id: 'v2', title: 'Green tea, draft 草稿', date: '2025-06-01T00:00:00Z', relation: 'version' },
    { ...other, document_id: 'm1', title: 'Re: Green tea', date: '2024-05-01T00:00:00Z', relation: 'conversation' },
  ]
  hit.why = {
    parts: [{ name: 'words', value: 0.8, weight: 0.5, share: 0.4 }, { name: 'meaning', value: 0.9, weight: 0.3, share: 0.27 }, { name: 'coverage', value: 1, weight: 0.1, share: 0.1 }, { name: 'recency', value: -0.04, weight: 1, share: -0.04 }],
    terms: [
      { typed: 'tea', how: 'exact', found: [{ field: 'title', term: 'tea', count: 1 }, { field: 'text', term: 'tea', count: 2 }], chunks: 14, share: 6 },
      { typed: '軟體', how: 'variant', found: [{ field: 'text', term: '软件', count: 1 }], chunks: 3, share: 2 },
    ],
    notes: ['guaranteed'],
  }
}

for (const [size, colorScheme, locale] of [['desktop', 'light', 'en-GB'], ['desktop', 'dark', 'zh-TW'], ['phone', 'light', 'zh-TW'], ['phone', 'dark', 'en-GB']]) {
  scene(`${size}, ${colorScheme}, ${locale}: all that a search can say fits and is accessible`, { viewport: sizes[size], colorScheme, locale, expectTrouble: /400/ }, async (page) => {
    const name = (state) => `${state} ${size} ${colorScheme} ${locale}`
    const check = async (state) => {
      await noSidewaysScroll(page)
      await accessible(page)
      await picture(page, name(state))
    }
    await suggesting(page, (typed) =>
      typed !== 'gre' ? [] : [
        { kind: 'title', text: 'Green tea, and how to steep it when the water of the house is hard and the kettle slow', documents: 2, query: 'title:"Green tea"' },
        { kind: 'person', text: '葛瑞塔 Greta Li', documents: 1, query: 'from:"Greta Li"' },
        { kind: 'tag', text: 'green', documents: 1234, query: 'tag:"green"' },
      ],
    )
    await dress(page, everything)
    const field = page.getByRole('combobox')
    await field.fill('tea gre')
    await page.getByRole('option').first().waitFor()
    await page.waitForFunction(() => document.querySelector('main ul[aria-busy=false]'))
    await field.press('ArrowDown')
    await check('suggestions')
    await field.press('Escape')
    await searchFor(page, 'tea')
    await check('read as')
    const first = page.locator('main article').first()
    for (const summary of await first.locator('summary').all()) await summary.click()
    await first.locator('.why rect').first().waitFor()
    await noSidewaysScroll(page)
    await accessible(page)
    await picture(first, name('behind and why'))
    await page.evaluate(() => scrollTo(0, 0))
    await field.fill('綠茶 "green tea')
    await page.locator('#query-fault').waitFor()
    await check('fault')
    await field.fill('')
    await page.locator('button[aria-controls=query-help]').click()
    await check('help')
  })
}
