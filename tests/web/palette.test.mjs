import assert from 'node:assert/strict'
import { asked, pouring } from './harness/answers.mjs'
import { cases } from './harness/hostile.mjs'
import { accessible, becomes, go, hasFocus, noSidewaysScroll, picture, scene, searchFor } from './harness/page.mjs'

const phone = { width: 360, height: 740 }
const opened = (page) => page.getByRole('dialog')
const field = (page) => opened(page).getByRole('combobox')
const focused = (page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.getAttribute('aria-label'))
const chosen = (page) => opened(page).locator('[aria-selected=true]').textContent()

async function command(page, words) {
  await page.keyboard.press('Control+k')
  await field(page).waitFor()
  await page.keyboard.type(words)
}

async function closed(page) {
  await opened(page).waitFor({ state: 'detached' })
}

scene('the commands are loaded when they are wanted, open from everywhere, and give the focus back', {}, async (page) => {
  const loaded = []
  page.on('request', (request) => /Palette/.test(request.url()) && loaded.push(request.url()))
  await page.getByText('Type to search').waitFor()
  assert.deepEqual(loaded, [])
  for (const place of ['search', 'ask']) {
    await go(page, `#/${place}`)
    const own = page.locator(place === 'search' ? '#query' : '#question')
    await own.fill('half a word')
    await page.keyboard.press('Control+k')
    await field(page).waitFor()
    await becomes(() => hasFocus(field(page)), true)
    await page.keyboard.press('Escape')
    await closed(page)
    await becomes(() => hasFocus(own), true, `back in the field of ${place}`)
    assert.equal(await own.inputValue(), 'half a word')
  }
  assert.ok(loaded.length > 0)
  const button = page.getByRole('button', { name: 'Commands' })
  await button.click()
  await field(page).waitFor()
  await page.mouse.click(5, 400)
  await closed(page)
  await becomes(() => focused(page), 'Commands')
})

for (const [name, options, placeholder] of [
  ['desktop', {}, /Where to/],
  ['desktop, dark, Traditional Chinese', { locale: 'zh-TW', colorScheme: 'dark' }, /要去哪裡/],
  ['phone, Simplified Chinese', { locale: 'zh-CN', viewport: phone }, /要去哪里/],
  ['phone, dark', { viewport: phone, colorScheme: 'dark' }, /Where to/],
]) {
  scene(`${name}: the commands and the keys fit and are accessible`, options, async (page) => {
    await searchFor(page, 'tea')
    await page.locator('main .name a').first().click()
    await page.locator('.pane mark').first().waitFor()
    await go(page, '#/library')
    await page.keyboard.press('Control+k')
    await field(page).waitFor()
    assert.match((await field(page).getAttribute('placeholder')) ?? '', placeholder)
    assert.equal(await field(page).getAttribute('aria-controls'), await opened(page).getByRole('listbox').getAttribute('id'))
    assert.ok((await opened(page).getByRole('option').count()) >= 12)
    await page.waitForTimeout(300)
    await accessible(page)
    await noSidewaysScroll(page)
    await picture(page, `commands ${name}`)
    await page.keyboard.type('tea')
    await picture(page, `commands typed ${name}`)
    await accessible(page)
    await page.keyboard.press('Escape')
    await closed(page)
    await page.locator('main').focus()
    await page.keyboard.press('?')
    await opened(page).getByRole('heading').first().waitFor()
    await accessible(page)
    await noSidewaysScroll(page)
    await picture(page, `keys ${name}`)
    await page.keyboard.press('Escape')
    await closed(page)
    await becomes(() => focused(page), 'content')
  })
}

scene('arrows walk through all commands and around; the field says which is chosen', {}, async (page) => {
  await page.route('**/api/v1/conversations', (route) => route.fulfill({ json: { conversations: [{ id: 'k1', title: 'Oolong', updated: '2026-01-01T00:00:00Z', turns: 1 }] } }))
  await page.keyboard.press('Control+k')
  await opened(page).getByRole('option', { name: 'Oolong' }).waitFor()
  const count = await opened(page).getByRole('option').count()
  assert.equal(await field(page).getAttribute('aria-activedescendant'), 'palette-0')
  await page.keyboard.press('ArrowUp')
  assert.equal(await field(page).getAttribute('aria-activedescendant'), `palette-${count - 1}`)
  const last = opened(page).locator(`#palette-${count - 1}`)
  const below = () => last.evaluate((one) => one.getBoundingClientRect().bottom - one.closest('[role=listbox]').getBoundingClientRect().bottom)
  await becomes(async () => (await below()) < 1, true, 'it is in view')
  await page.keyboard.press('ArrowDown')
  assert.equal(await field(page).getAttribute('aria-activedescendant'), 'palette-0')
  await page.keyboard.type('zzzz')
  assert.equal(await opened(page).getByRole('option').count(), 2, 'it can be searched for and asked')
})

scene('places are found by pieces of their names, in each language whatever the page speaks', {}, async (page) => {
  for (const [words, place, focus] of [['lib', 'library', 'content'], ['資料', 'library', 'content'], ['提问', 'ask', 'question'], ['go search', 'search', 'query'], ['go ask', 'ask', 'question']]) {
    await command(page, words)
    // Names in other languages come after the commands.
    await becomes(() => chosen(page), new RegExp(`Go to ${place}`, 'i'))
    await page.keyboard.press('Enter')
    await closed(page)
    await page.waitForURL(new RegExp(`#/${place}`))
    await page.waitForFunction((id) => document.activeElement?.id === id, focus)
  }
})

scene('what is typed is searched for, or asked', {}, async (page) => {
  await pouring(page)
  await command(page, 'green tea')
  assert.match((await chosen(page)) ?? '', /Search for “.green tea.”/)
  await page.keyboard.press('Enter')
  await page.locator('main ul[aria-busy=false] mark').first().waitFor()
  assert.equal(await page.locator('#query').inputValue(), 'green tea')
  await becomes(() => focused(page), 'query')
  await command(page, 'How hot is green tea?')
  await page.keyboard.press('ArrowDown')
  assert.match((await chosen(page)) ?? '', /Ask “.How hot is green tea\?.”/)
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => window.asked.length === 1)
  assert.equal((await asked(page))[0].question, 'How hot is green tea?')
  await page.locator('.turn h2', { hasText: 'How hot is green tea?' }).waitFor()
  // Another question would stop the answer that is being written.
  await command(page, 'And black?')
  assert.equal(await opened(page).getByRole('option').count(), 1)
})

scene('a document that was read, and a conversation, are opened again', {}, async (page) => {
  await page.route('**/api/v1/conversations', (route) => route.fulfill({ json: { conversations: [{ id: 'k1', title: '烏龍茶怎麼泡', updated: '2026-01-01T00:00:00Z', turns: 1 }] } }))
  await page.route('**/api/v1/conversations/k1', (route) => route.fulfill({ json: { id: 'k1', title: '烏龍茶怎麼泡', turns: [] } }))
  await searchFor(page, 'tea')
  const title = (await page.locator('main .name a bdi').first().textContent()) ?? ''
  await page.locator('main .name a').first().click()
  await page.locator('.pane mark').first().waitFor()
  await go(page, '#/library')
  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor()
  await command(page, title.toLowerCase())
  assert.equal((await chosen(page))?.trim(), title)
  await page.keyboard.press('Enter')
  await page.locator('.pane .title', { hasText: title }).waitFor()
  await page.waitForFunction(() => document.activeElement?.hasAttribute('data-title'))
  await page.waitForURL(/#\/library\?doc=/)
  await command(page, '龍茶')
  await opened(page).getByRole('option', { name: '烏龍茶怎麼泡' }).waitFor()
  assert.match((await chosen(page)) ?? '', /Search for/, 'the middle of a title is rather searched for')
  await page.keyboard.press('Escape')
  await closed(page)
  await command(page, '烏龍')
  await opened(page).getByRole('option', { name: '烏龍茶怎麼泡' }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(/#\/ask\?c=k1/)
})

scene('theme and language are changed where one is, and a folder is added from anywhere', {}, async (page) => {
  await page.locator('#query').focus()
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await paper()
  await command(page, 'dark')
  await page.keyboard.press('Enter')
  await closed(page)
  assert.notEqual(await paper(), light)
  await becomes(() => focused(page), 'query')
  await command(page, '繁體')
  await page.keyboard.press('Enter')
  await page.getByText('輸入即可搜尋').waitFor()
  await becomes(() => page.evaluate(() => document.documentElement.lang), 'zh-Hant')
  await command(page, 'add a')
  await page.keyboard.press('Enter')
  await page.waitForURL(/#\/library/)
  await page.waitForFunction(() => document.activeElement?.closest('[aria-labelledby=add-folder]'))
})

scene('a question mark is one where it is written, and shows the keys elsewhere and from the commands', {}, async (page) => {
  await page.locator('#query').focus()
  await page.keyboard.type('tea?')
  assert.equal(await page.locator('#query').inputValue(), 'tea?')
  assert.equal(await opened(page).count(), 0)
  await command(page, 'all keys')
  await page.keyboard.press('Enter')
  await opened(page).getByRole('heading', { name: 'Keys', exact: true }).waitFor()
  await opened(page).getByText('Shift+Enter').waitFor()
  await page.keyboard.press('Control+k')
  assert.equal(await field(page).count(), 0, 'one dialog at a time')
  await opened(page).getByRole('button', { name: 'Close' }).click()
  await closed(page)
  await becomes(() => focused(page), 'query')
})

scene('hostile titles are text among the commands', { viewport: phone }, async (page) => {
  const kept = cases.map(({ text }, index) => ({ id: `k${index}`, title: text, updated: '2026-01-01T00:00:00Z', turns: 1 }))
  await page.route('**/api/v1/conversations*', (route) => route.fulfill({ json: { conversations: kept } }))
  await page.evaluate((all) => localStorage.setItem('rushlight.read', JSON.stringify(all)), cases.slice(-8).map(({ text }) => ({ id: text, title: text })))
  await page.reload()
  await page.getByText('Type to search').waitFor()
  for (const words of ['', 'a', 'img', 'javascript', 'very', '<script>', '很長']) {
    await command(page, words)
    await opened(page).getByRole('option').first().waitFor()
    assert.equal(await opened(page).locator('img, script, iframe, style, a, [onerror], [onload]').count(), 0)
    await noSidewaysScroll(page)
    if (words === '') await picture(page, 'commands hostile')
    await page.keyboard.press('Escape')
    await closed(page)
  }
})

scene('closed and opened again at once, the commands are there', {}, async (page) => {
  await page.keyboard.press('Control+k')
  await field(page).waitFor()
  for (let time = 0; time < 20; time++) {
    // Both keys before the page has heard that the dialog is closed.
    await page.evaluate(() => {
      document.querySelector('dialog[open]').close()
      dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true, cancelable: true }))
    })
    await field(page).waitFor()
    await page.waitForTimeout(20)
    assert.equal(await opened(page).count(), 1, `time ${time}`)
  }
  await page.keyboard.press('Escape')
  await closed(page)
})
