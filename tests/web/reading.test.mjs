// Documents as they read: notes rendered and as they are written, text with the numbers of its lines, tables. In each the passage is
// marked where it stands.

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderOf, spanOf, textOf } from './harness/folder.mjs'
import { accessible, becomes, comesIntoView, go, noSidewaysScroll, origin, patience, picture, scene } from './harness/page.mjs'
import { workbook } from './harness/workbook.mjs'

const real = Boolean(process.env.RUSHLIGHT_BIN)
const phone = { width: 360, height: 740 }

const note = `---
title: Brewing log
tags: [tea, log]
---

# Brewing log

Green tea is steeped at **seventy *degrees*** and \`no hotter\`, as [[green]] says; see [the kettle](tools/kettle.md), [[nowhere|a missing note]] and [the shop](https://shop.example/tea?x=1).

1. Warm the pot
   - pour the water away
2. Steep

- [x] buy Sencha
- [ ] clean the kettle

> Boiling water
> makes it bitter.

| Tea | Price | Remark |
|:----|------:|:------:|
| Sencha | 12.50 | everyday |
| Gyokuro | 21.00 | from [[green]] |

\`\`\`sh
kettle --degrees 70

kettle --off
\`\`\`

![A kettle on the balcony](https://pictures.example/kettle.png)

---

Afterwards <b>rinse</b> the pot.
`

const chinese = '# 沖泡筆記\n\n綠茶以**七十度**的水\n沖泡*兩分鐘*，參見[[green]]。\n\n| 茶 | 克 |\n|---|---|\n| 煎茶 | 100 |\n\n- [x] 買茶\n'

const log = `\n\nkettle: started\n\n\tkettle: seventy degrees\nkettle: ${'a very long message '.repeat(40)}\n\n\nkettle: 關閉 at the end\n`

const rows = Array.from({ length: 900 }, (_, index) => `Tea ${index},${index * 5},"Uji, Kyoto","the ""flush"" of ${index}"`)
const stock = `Tea,Grams,Origin,Remark\n${rows.join('\n')}\n`

const files = {
  'log.md': note, '筆記.md': chinese, 'green.md': '# Green tea\n\nA cup of it.\n', 'tools/kettle.md': '# The kettle\n\nCopper, with a whistle.\n', 'kettle.txt': log, 'stock.csv': stock,
  'stock.xlsx': workbook({
    庫存: [['The stock in spring'], [], [null, 'Name', 'Price'], [null, 'Sencha', 12.5], [null, '焙茶', 9.8]],
    Plain: [[1, 2], [3, 4]],
  }),
}
const { within: desk, find } = folderOf('desk', (folder) => {
  mkdirSync(join(folder, 'tools'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
})

async function open(page, document, from, to) {
  await go(page, `#/doc/${document.document_id}?at=${spanOf(document, from, to)}`)
  await page.locator('.text mark').first().waitFor({ timeout: patience })
  await comesIntoView(page.locator('.text mark').first(), 'the passage is in view')
  await becomes(() => page.evaluate(() => document.activeElement?.hasAttribute('data-passage')), true, 'it has the focus')
}

const marked = async (page) => (await page.locator('.text mark').allTextContents()).join('')
const view = (page, name) => page.getByRole('button', { name, exact: true })

desk('a note is rendered, with the passage marked across its formatting, and shown as it is written on request', {}, async (page, opened) => {
  const asked = []
  page.on('request', (request) => asked.push(request.url()))
  await find(page, 'green.md', 'cup')
  await find(page, 'kettle.md', 'whistle')
  const document = await find(page, 'log.md', 'seventy')
  assert.equal(`${textOf(document)}\n`, note, 'the sections and what parts them are the file')
  await open(page, document, 'steeped at', 'as [[green]]')
  await becomes(() => marked(page), 'steeped at seventy degrees and no hotter, as green')
  assert.deepEqual(asked.filter((url) => !url.startsWith(origin)), [], 'nothing leaves the origin')

  const text = page.getByRole('group', { name: 'Text of the document' })
  await text.getByRole('heading', { level: 2, name: 'Brewing log' }).waitFor()
  assert.equal(await text.locator('strong em mark').textContent(), 'degrees')
  assert.equal(await text.locator('ol > li > ul > li').textContent(), 'pour the water away')
  assert.equal(await text.getByRole('img', { name: 'Done' }).count(), 1)
  assert.equal((await text.locator('blockquote').innerText()).trim(), 'Boiling water makes it bitter.')
  assert.equal(await text.locator('pre code').textContent(), 'kettle --degrees 70\n\nkettle --off')
  assert.equal(await text.locator('img').count(), 0)
  assert.equal(await text.getByRole('img', { name: 'Picture: A kettle on the balcony' }).count(), 1)
  assert.match(await text.innerText(), /Afterwards <b>rinse<\/b> the pot\./)
  assert.match(await text.innerText(), /title: Brewing log\ntags: \[tea, log\]/)
  const cells = text.getByRole('region', { name: 'Table' })
  assert.deepEqual(await cells.getByRole('columnheader').allTextContents(), ['Tea', 'Price', 'Remark'])
  assert.equal(await cells.getByRole('cell', { name: '12.50' }).evaluate((cell) => getComputedStyle(cell).textAlign), 'end')
  // Links lead to documents that are there, and to nothing else.
  await becomes(async () => [...new Set(await text.getByRole('link').allTextContents())], ['green', 'the kettle'])
  assert.match(await text.innerText(), /a missing note <nowhere> and the shop <https:\/\/shop\.example\/tea\?x=1>\.|a missing note\s+nowhere and the shop\s+https:\/\/shop\.example\/tea\?x=1\s*\./)
  await accessible(page)
  await picture(page, 'reading note')

  await view(page, 'As written').focus()
  await page.keyboard.press('Enter')
  await page.locator('.text [data-number="8"]').waitFor()
  await becomes(() => marked(page), 'steeped at **seventy *degrees*** and `no hotter`, as [[green]]')
  await comesIntoView(page.locator('.text mark').first())
  await accessible(page)
  await picture(page, 'reading note as written')
  // The next note is opened so, in this browser.
  await open(page, await find(page, '筆記.md', '綠茶'), '**七十度**')
  await becomes(() => marked(page), '**七十度**')
  assert.equal(await view(page, 'As written').getAttribute('aria-pressed'), 'true')
  await view(page, 'Rendered').click()
  await becomes(() => marked(page), '七十度')
  await open(page, document, 'see [the kettle]', 'kettle.md')
  await text.getByRole('link', { name: 'the kettle' }).click()
  await page.getByRole('heading', { level: 1, name: 'The kettle' }).waitFor()
  assert.equal(opened.pages().length, 1)
})

desk('a passage of a note is marked from one block to another, in a table, in code and in front matter', {}, async (page) => {
  const document = await find(page, 'log.md', 'seventy')
  for (const [from, to, shown] of [
    ['pour the', '[x] buy', /^pour the water awaySteep buy$/],
    ['Boiling', 'makes', /^Boiling water makes$/],
    ['Gyokuro', '21.00', /^Gyokuro21\.00$/],
    ['--degrees', 'kettle --off', /^--degrees 70\n\nkettle --off$/],
    ['tags', 'log]', /^tags: \[tea, log\]$/],
    ['sh\nkettle', '70', /^shkettle --degrees 70$/],
    ['https://shop', '?x', /^https:\/\/shop\.example\/tea\?x$/],
    ['<b>', '</b>', /^<b>rinse<\/b>$/],
    ['kettle on', 'balcony', /^kettle on the balcony$/],
  ]) {
    await open(page, document, from, to)
    await becomes(() => marked(page), shown)
  }
})

desk('in Chinese, on a phone and in the dark, a note is rendered without gaps between its lines', { viewport: phone, colorScheme: 'dark', locale: 'zh-TW' }, async (page) => {
  const document = await find(page, '筆記.md', '綠茶')
  await open(page, document, '的水', '沖泡')
  await becomes(() => marked(page), '的水沖泡')
  const text = page.getByRole('group', { name: '文件內容' })
  await text.getByRole('heading', { name: '沖泡筆記' }).waitFor()
  assert.equal(await text.getByText('綠茶以').innerText(), '綠茶以七十度的水沖泡兩分鐘，參見green。')
  await text.getByRole('region', { name: '表格' }).waitFor()
  await text.getByRole('img', { name: '已完成' }).waitFor()
  await noSidewaysScroll(page)
  await accessible(page)
  await picture(page, 'reading note phone')
  await view(page, '原文').click()
  await becomes(() => marked(page), '的水沖泡')
  await noSidewaysScroll(page)
})

desk('text has the numbers of its lines, which are not copied, and long lines are wrapped', { viewport: phone }, async (page) => {
  const document = await find(page, 'kettle.txt', 'seventy')
  await open(page, document, 'seventy degrees')
  const line = (number) => page.locator(`.text [data-number="${number}"]`)
  assert.equal(await line(5).textContent(), '\tkettle: seventy degrees')
  assert.equal(await line(5).locator('mark').textContent(), 'seventy degrees')
  assert.equal(await line(9).textContent(), 'kettle: 關閉 at the end')
  assert.equal(await page.locator('.text [data-number]').count(), 9)
  for (const section of document.sections) {
    const [first] = section.text.split('\n')
    const number = /\d+/.exec(section.label)[0]
    assert.ok((await line(number).textContent()).endsWith(first.trim()), `what the program calls ${section.label} has this number`)
  }
  assert.ok((await line(6).evaluate((one) => one.getClientRects()[0].height)) > 60, 'a long line is wrapped')
  const copied = await page.evaluate(() => {
    getSelection().selectAllChildren(document.querySelector('.text .lines'))
    return getSelection().toString()
  })
  assert.doesNotMatch(copied, /^\d+$/m)
  assert.match(copied, /kettle: started\n\n\tkettle: seventy degrees\n/, 'empty lines are copied as such')
  await noSidewaysScroll(page)
  await accessible(page)
  await picture(page, 'reading text phone')
  // Over several lines.
  await open(page, document, 'seventy', 'kettle: 關閉')
  await becomes(() => page.locator('.text .inside').count(), 5)
})

desk('a table in text form has columns, a header that stays and cells that are marked', {}, async (page) => {
  const document = await find(page, 'stock.csv', '450')
  await open(page, document, 'Uji, Kyoto","the ""flush"" of 450', 'of 450')
  const table = page.getByRole('region', { name: 'Table' })
  assert.deepEqual(await table.getByRole('columnheader').allTextContents(), ['Tea', 'Grams', 'Origin', 'Remark'])
  assert.deepEqual(await table.locator('.cited').allTextContents(), ['Uji, Kyoto', 'the "flush" of 450'])
  assert.deepEqual(await table.locator('tr.inside td').allTextContents(), ['', 'Tea 450', '2250', 'Uji, Kyoto', 'the "flush" of 450'])
  assert.equal(await table.locator('tr.inside [data-number]').getAttribute('data-number'), '452')
  assert.equal(await table.getByRole('cell', { name: '2250' }).evaluate((cell) => getComputedStyle(cell).textAlign), 'end')
  await comesIntoView(table.getByRole('columnheader', { name: 'Origin' }), 'the names of the columns stay above the passage')
  await accessible(page)
  await picture(page, 'reading table')
  const before = page.getByRole('button', { name: /^Show what comes before \(\d+ rows\)$/ })
  await before.focus()
  await page.keyboard.press('Enter')
  await table.getByRole('cell', { name: 'Tea 0', exact: true }).waitFor({ state: 'attached' })
  assert.equal(await before.count(), 0)
  await table.getByRole('cell', { name: 'Tea 450', exact: true }).waitFor({ state: 'attached' })
})

desk('on a phone a table scrolls in its own box, by keyboard too', { viewport: phone, hasTouch: true }, async (page) => {
  const document = await find(page, 'stock.csv', '450')
  await open(page, document, 'the ""flush"" of 3', 'of 3')
  await noSidewaysScroll(page)
  const table = page.getByRole('region', { name: 'Table' })
  await becomes(() => table.evaluate((box) => box.scrollWidth > box.clientWidth && box.scrollLeft > 0), true, 'it is scrolled to the passage')
  await table.focus()
  const at = await table.evaluate((box) => box.scrollLeft)
  await page.keyboard.press('ArrowLeft')
  await page.waitForFunction(([box, was]) => box.scrollLeft < was, [await table.elementHandle(), at])
  await accessible(page)
  await picture(page, 'reading table phone')
})

desk('a workbook is a table for each sheet, with the sheet as its caption', { skip: real ? false : 'the stand-in reads no workbooks: RUSHLIGHT_BIN is not set' }, async (page) => {
  const document = await find(page, 'stock.xlsx', 'Sencha')
  await open(page, document, '焙茶', '9.8')
  const sheet = page.getByRole('region', { name: 'Sheet 庫存' })
  assert.equal(await sheet.locator('caption').textContent(), '庫存')
  assert.deepEqual(await sheet.getByRole('columnheader').allTextContents(), ['Name', 'Price'])
  assert.deepEqual(await sheet.locator('tr.inside td').allTextContents(), ['', '', '焙茶', '9.8'], 'an empty first column stays one')
  assert.deepEqual(await sheet.locator('.cited').allTextContents(), ['焙茶', '9.8'])
  assert.deepEqual(await sheet.locator('[data-number]').evaluateAll((all) => all.map((one) => one.dataset.number)), ['1', '3', '4', '5'])
  assert.deepEqual(await page.getByRole('region', { name: 'Sheet Plain' }).locator('td:not([data-number])').allTextContents(), ['1', '2', '3', '4'])
  await accessible(page)
  await picture(page, 'reading workbook')
})

/** A document that no file has to be read for. */
async function instead(page, document, change) {
  await page.route(`**/api/v1/documents/${document.document_id}`, (route) => route.fulfill({ json: { ...document, ...change } }))
}

/** Sections of a text, one for each stretch, as the program cuts them. */
function cut(text, stretches, describe) {
  let [done, bytes] = [0, 0]
  return [...text.matchAll(stretches)].map(({ 0: own, index }, number) => {
    const before = text.slice(done, index)
    const start = bytes + Buffer.byteLength(before)
    done = index + own.length
    bytes = start + Buffer.byteLength(own)
    return { label: '', kind: 'paragraph', level: 0, ...describe(own, number), span: { start, end: bytes }, text: own, before }
  })
}

desk('in a document for an office the rows of a table are one, among its paragraphs', {}, async (page) => {
  const like = await find(page, 'log.md', 'seventy')
  const text = 'Prices\n\nAs agreed in spring.\n\nTea\tPrice\n\tnone\nSencha\t12.50\n\nThe end.'
  const kinds = ['heading', 'paragraph', 'table_header', 'table_row', 'table_row', 'paragraph']
  const document = { ...like, kind: 'document', media_type: 'application/msword', sections: cut(text, /[^\n]+/g, (_, number) => ({ kind: kinds[number], level: number === 0 ? 1 : 0 })) }
  await instead(page, like, document)
  await open(page, document, 'Sencha', '12.50\n\nThe')
  await becomes(() => marked(page), 'Sencha12.50The')
  assert.deepEqual(await page.locator('.text tr').allInnerTexts(), ['Tea\tPrice', '\tnone', 'Sencha\t12.50'])
  await accessible(page)
})

desk('a log of two hundred thousand lines opens where the passage is, and shows a part of itself', {}, async (page) => {
  const like = await find(page, 'kettle.txt', 'seventy')
  const text = Array.from({ length: 200_000 }, (_, index) => `2026-03-01 09:00:00 kettle[${index + 1}]: degrees${index % 5000 === 4999 ? '\n' : ''}`).join('\n')
  const document = { ...like, sections: cut(text, /(?:[^\n]+\n?)+(?<=[^\n])/g, () => ({})) }
  await instead(page, like, document)
  await open(page, document, 'kettle[150000]')
  await becomes(() => marked(page), 'kettle[150000]')
  assert.equal(await page.locator('.text .inside').getAttribute('data-number'), String(text.slice(0, text.indexOf('kettle[150000]')).split('\n').length))
  const shown = () => page.locator('.text .line').count()
  assert.ok((await shown()) <= 1000)
  await page.getByRole('button', { name: /^Show what follows/ }).click()
  await becomes(async () => (await shown()) > 1000, true)
  await becomes(() => marked(page), 'kettle[150000]')
  await page.getByRole('button', { name: /^Show what comes before \(149,\d+ lines\)/ }).waitFor()
  await accessible(page)
})

desk('a note of five megabytes opens where the passage is, rendered and as it is written', {}, async (page) => {
  const like = await find(page, 'log.md', 'seventy')
  const text = Array.from({ length: 12_000 }, (_, index) => `## Day ${index}\n\nThe **pot ${index}** was warm, and 茶 was poured;${' see [[green]] for the rest of it, and *for what* came before;'.repeat(6)}\n\n- one\n- two`).join('\n\n')
  assert.ok(Buffer.byteLength(text) > 4.5e6)
  const kind = (own) => (own.startsWith('#') ? { kind: 'heading', level: 2 } : own.startsWith('- ') ? { kind: 'list_item' } : {})
  const document = { ...like, sections: cut(text, /[^\n]+/g, kind) }
  await instead(page, like, document)
  await open(page, document, 'The **pot 9000** was', 'was')
  await becomes(() => marked(page), 'The pot 9000 was')
  assert.ok((await page.locator('.text *').count()) < 15_000, 'a part of it is shown')
  await page.getByRole('button', { name: /^Show what comes before/ }).click()
  await becomes(() => marked(page), 'The pot 9000 was')
  await view(page, 'As written').click()
  await becomes(() => marked(page), 'The **pot 9000** was')
  await comesIntoView(page.locator('.text mark').first())
})
