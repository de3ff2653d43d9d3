import assert from 'node:assert/strict'
import { folderOf, spanOf } from './harness/folder.mjs'
import { markup, quote, writeMails } from './harness/mails.mjs'
import { accessible, becomes, comesIntoView, go, noSidewaysScroll, picture, searchFor } from './harness/page.mjs'

const { within: letters, find } = folderOf('letters', writeMails)
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true }

/** All of the mails: a conversation is whole when the last of it is there. */
async function all(page) {
  const found = {}
  for (const [file, words] of [['kettle-1.eml', 'whistles'], ['kettle-2.eml', 'thermometer'], ['kettle-3.eml', '水垢'], ['outlook.eml', '星期六'], ['page.eml', 'lantern'], ['hostile.eml', 'pay']]) {
    found[file] = await find(page, file, words)
  }
  return found
}

const pairs = (list) => list.evaluate((dl) => [...dl.querySelectorAll('dt')].map((term) => [term.textContent.trim(), term.nextElementSibling.textContent.trim()]))

letters('a mail has its head, its quotations folded, and its conversation a click away', {}, async (page) => {
  const mails = await all(page)
  await searchFor(page, 'thermometer')
  await page.getByRole('link', { name: /copper kettle/ }).first().click()
  const pane = page.getByRole('region', { name: 'Document' })
  await pane.locator('.mail').waitFor()
  await go(page, `#/search?q=thermometer&doc=${mails['kettle-2.eml'].document_id}`)
  const fold = pane.getByRole('button', { name: 'Show quoted text (5 lines)' })
  await fold.waitFor()
  assert.deepEqual((await pairs(pane.locator('.mail .head'))).filter(([term]) => term !== 'Date'), [
    ['From', 'Bo Chen <bo@example.net>'],
    ['To', 'Ada Lin <ada@example.org>'],
    ['Subject', 'Re: The copper kettle'],
  ])
  assert.match((await pairs(pane.locator('.mail .head'))).find(([term]) => term === 'Date')[1], /1 Jan 2026, \d\d:30/)
  const text = pane.locator('.mail .body')
  assert.equal(await fold.getAttribute('aria-expanded'), 'false')
  assert.doesNotMatch(await text.innerText(), /balcony/)
  assert.match(await text.locator('.signature').innerText(), /Bo Chen/)
  const thread = pane.getByRole('region', { name: 'Conversation (3 mails)' })
  await thread.waitFor()
  await accessible(page)
  await picture(page, 'a mail')

  await fold.focus()
  await page.keyboard.press('Enter')
  const shown = pane.getByRole('button', { name: 'Hide quoted text' })
  assert.equal(await shown.getAttribute('aria-expanded'), 'true')
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-expanded')), 'true', 'the focus stays on the button')
  assert.match(await text.innerText(), /On Thu, 1 Jan 2026.*\n> The copper kettle boils/)
  await accessible(page)
  await page.keyboard.press('Space')
  await fold.waitFor()
  assert.doesNotMatch(await text.innerText(), /balcony/)

  const lines = await thread.locator('li').allInnerTexts()
  assert.deepEqual(lines.map((line) => /Ada Lin|Bo Chen|陳小明/.exec(line)[0]), ['Ada Lin', 'Bo Chen', '陳小明'])
  assert.match(lines[0], /The copper kettle boils/)
  assert.match(await thread.locator('[aria-current=true]').innerText(), /I will bring a thermometer/)
  assert.equal(await thread.getByRole('link').count(), 2)
  await thread.getByRole('link', { name: /Ada Lin/ }).click()
  await pane.getByRole('heading', { name: 'The copper kettle', exact: true }).waitFor()
  await page.waitForFunction(() => /Ada Lin/.test(document.querySelector('.thread [aria-current=true]')?.textContent ?? ''))
  assert.match(await text.innerText(), /Does anybody know why/)
  await page.goBack()
  await fold.waitFor()
})

letters('a passage in a quotation is unfolded at once and marked at its place', {}, async (page) => {
  const { 'kettle-2.eml': mail } = await all(page)
  const words = 'when it stands on the balcony'
  await go(page, `#/search?q=balcony&doc=${mail.document_id}&at=${spanOf(mail, words)}`)
  const pane = page.getByRole('region', { name: 'Document' })
  await pane.locator('[data-passage]').waitFor()
  await becomes(async () => (await pane.locator('mark').allTextContents()).join(''), words)
  assert.equal(await pane.getByRole('button', { name: 'Hide quoted text' }).getAttribute('aria-expanded'), 'true')
  await page.waitForFunction(() => document.activeElement?.hasAttribute('data-passage'))
  await comesIntoView(pane.locator('mark').first())
  await accessible(page)
  await picture(page, 'a passage in a quotation')
  // Put away and asked for again, by the button and by another passage.
  await pane.getByRole('button', { name: 'Hide quoted text' }).click()
  assert.equal(await pane.locator('mark').count(), 0)
  await go(page, `#/search?q=whistles&doc=${mail.document_id}&at=${spanOf(mail, 'whistles')}`)
  await pane.locator('mark').waitFor()
  await becomes(async () => (await pane.locator('mark').allTextContents()).join(''), 'whistles')
  await go(page, `#/search?q=kettle&doc=${mail.document_id}&at=${spanOf(mail, 'The copper kettle')}`)
  await page.waitForFunction(() => document.querySelector('.mail .head[data-passage] mark')?.textContent === 'The copper kettle')
  assert.equal(await pane.getByRole('button', { name: /Show quoted text/ }).getAttribute('aria-expanded'), 'false')
})

letters('attachments are read in place, and those in them too', {}, async (page) => {
  const { 'kettle-3.eml': mail } = await all(page)
  const asked = []
  page.on('request', (request) => /\/documents\/[^/]+$/.test(request.url()) && asked.push(request.url()))
  await go(page, `#/doc/${mail.document_id}`)
  await page.getByRole('heading', { name: 'Attachments (3)' }).waitFor()
  const before = asked.length
  const note = page.getByRole('button', { name: /水垢\.md/ })
  assert.match(await note.innerText(), /Note · \d+ byte/)
  assert.equal(await note.getAttribute('aria-expanded'), 'false')
  await note.focus()
  await page.keyboard.press('Enter')
  const opened = page.getByRole('group', { name: '水垢.md' })
  await opened.getByText('用醋浸泡一夜').waitFor()
  assert.equal(asked.length, before + 1, 'it is asked for when it is opened')
  assert.match(await opened.getByRole('link', { name: 'Open alone' }).getAttribute('href'), /^#\/doc\//)
  await opened.getByRole('button', { name: 'Download the original' }).waitFor()
  const seal = page.locator('.mail li', { hasText: 'seal.bin' })
  assert.match(await seal.innerText(), /10 byte[^]*Not searchable: Not a text/)
  assert.equal(await seal.getByRole('button').count(), 0)

  await page.getByRole('button', { name: /forwarded\.eml/ }).click()
  const forwarded = page.getByRole('group', { name: 'forwarded.eml' })
  await forwarded.getByText('The table says at which height water boils.').waitFor()
  assert.deepEqual((await pairs(forwarded.locator('.head'))).filter(([term]) => term === 'From' || term === 'Subject'), [['From', 'Dora <dora@example.info>'], ['Subject', 'Boiling points']])
  await forwarded.getByRole('button', { name: /heights\.csv/ }).click()
  await page.getByRole('group', { name: 'heights.csv' }).getByRole('cell', { name: '3000' }).waitFor()
  await accessible(page)
  await picture(page, 'attachments in place')
  await noSidewaysScroll(page)
  await note.click()
  assert.equal(await opened.count(), 0)
  await page.getByRole('group', { name: 'heights.csv' }).getByRole('link', { name: 'Open alone' }).click()
  await page.getByRole('heading', { level: 1, name: 'heights.csv' }).waitFor()
})

for (const [how, options] of [['on a phone', phone], ['in the dark', { colorScheme: 'dark' }], ['on a phone in the dark', { ...phone, colorScheme: 'dark' }]]) {
  letters(`a mail in Traditional Chinese, ${how}`, { locale: 'zh-TW', ...options }, async (page) => {
    const mails = await all(page)
    await go(page, `#/doc/${mails['outlook.eml'].document_id}`)
    const fold = page.getByRole('button', { name: '顯示引文（6 行）' })
    await fold.waitFor()
    assert.deepEqual((await pairs(page.locator('.mail .head'))).map(([term]) => term), ['寄件者', '收件者', '日期', '主旨'])
    assert.doesNotMatch(await page.locator('.mail').innerText(), /溫度計/)
    await fold.click()
    await page.getByText('我會帶溫度計。').waitFor()
    assert.equal(await page.getByRole('button', { name: '隱藏引文' }).getAttribute('aria-expanded'), 'true')

    await go(page, `#/doc/${mails['kettle-3.eml'].document_id}`)
    await page.getByRole('button', { name: '顯示引文（2 行）' }).click()
    await page.getByRole('heading', { name: '附件（3）' }).waitFor()
    assert.match(await page.locator('.mail li', { hasText: 'seal.bin' }).innerText(), /無法搜尋/)
    await page.getByRole('button', { name: /水垢\.md/ }).click()
    await page.getByText('用醋浸泡一夜').waitFor()
    await page.getByRole('region', { name: '往來郵件（3 封）' }).waitFor()
    await accessible(page)
    await noSidewaysScroll(page)
    await page.locator('.mail').scrollIntoViewIfNeeded()
    await picture(page.locator('.mail'), `a mail in Chinese ${how}`)
    await picture(page, `a mail in Chinese ${how} as seen`)
  })
}

letters('what a hostile mail says is text, and its names are shown as what they are', phone, async (page) => {
  const { 'hostile.eml': mail } = await all(page)
  await go(page, `#/doc/${mail.document_id}`)
  await page.getByRole('heading', { name: 'Attachments (2)' }).waitFor()
  const head = Object.fromEntries(await pairs(page.locator('.mail .head')))
  assert.ok(head.From.includes(`Eve ${markup}`), head.From)
  assert.equal(head.Subject, `Invoice invoice\u{fffd}exe.pdf ${markup}`)
  await page.getByRole('button', { name: /Show quoted text/ }).click()
  assert.match(await page.locator('.mail .quote').innerText(), /<a href="javascript:window\.hostile=2">pay<\/a>/)
  const attached = page.locator('.mail li')
  assert.match(await attached.nth(1).innerText(), /^invoice\u{fffd}exe\.pdf/u)
  await attached.first().getByRole('button').click()
  await attached.first().getByText('[pay](javascript:window.hostile=3)').waitFor()
  assert.equal(await page.locator('.mail img, .mail script, .mail iframe, .mail a[href^="javascript"]').count(), 0)
  await accessible(page)
  await noSidewaysScroll(page)
  await picture(page, 'a hostile mail')
})

letters('of a page in a mail its text is shown, and nothing is fetched from elsewhere', {}, async (page) => {
  const { 'page.eml': mail } = await all(page)
  await go(page, `#/doc/${mail.document_id}`)
  await page.locator('.mail').getByText('It burns oil.').waitFor()
  assert.match(await page.locator('.mail').innerText(), /The lantern hangs by the door\./)
  assert.equal(await page.locator('.mail img').count(), 0)
})

letters('of a long conversation the mails around this one are shown, and those that are named on request', phone, async (page) => {
  const { 'kettle-1.eml': mail } = await all(page)
  await page.route('**/api/v1/documents/*/mail', (route) => {
    const mails = Array.from({ length: 57 }, (_, index) => ({
      document: { document_id: index === 40 ? mail.document_id : `m${index}`, title: `Re: tea ${index}`, path: `/mail/${index}.eml`, part: '', kind: 'mail', date: '2024-05-01T00:00:00Z' },
      from: [`Anna Li ${index} <anna@mail.example>`], opening: `Words ${index} ${'of many '.repeat(30)}`,
    }))
    return route.fulfill({ json: { thread: { total: 340, before: 200, mails }, attachments: [] } }).catch(() => undefined)
  })
  await go(page, `#/doc/${mail.document_id}`)
  const thread = page.getByRole('region', { name: 'Conversation (340 mails)' })
  await thread.getByText('Mails 201 to 257 of 340.').waitFor()
  const mails = thread.locator('ol > li')
  assert.equal(await mails.count(), 20)
  assert.match((await thread.locator('[aria-current]').textContent()) ?? '', /Anna Li 40/, 'this one is among them')
  await accessible(page)
  await noSidewaysScroll(page)
  await picture(page, 'a long conversation')
  await thread.getByRole('button', { name: 'Show all 57 mails' }).focus()
  await page.keyboard.press('Enter')
  assert.equal(await mails.count(), 57)
  await page.keyboard.press('Tab')
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /Anna Li 0 /, 'the whole list follows the button')
  await accessible(page)
  await thread.getByRole('button', { name: 'Show fewer mails' }).click()
  assert.equal(await mails.count(), 20)
})

letters('where the conversation and the attachments cannot be had, the mail is read without them and they are asked for again', { expectTrouble: /500/ }, async (page) => {
  const { 'kettle-2.eml': mail } = await all(page)
  let fails = true
  await page.route('**/api/v1/documents/*/mail', (route) =>
    fails ? route.fulfill({ status: 500, json: { error: { code: 'ledger_failed', message: 'the disk is gone', hint: '' } } }).catch(() => undefined) : route.continue(),
  )
  await go(page, `#/doc/${mail.document_id}`)
  await page.getByRole('alert').getByText('The ledger cannot be read or written').waitFor()
  assert.match(await page.locator('.mail').innerText(), /I will bring a thermometer/)
  fails = false
  await page.getByRole('alert').getByRole('button').click()
  await page.getByRole('region', { name: 'Conversation (3 mails)' }).waitFor()
  await becomes(() => page.getByRole('alert').count(), 0)
})
