import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { accessible, becomes, folders, go, noSidewaysScroll, origin, patience, picture, scene } from './harness/page.mjs'

const base = dirname(folders.notes)
const dialog = (page) => page.getByRole('dialog', { name: 'Choose a folder' })
const folder = (page, name) => dialog(page).getByRole('list', { name: 'Folders' }).getByRole('button', { name })
const here = (page, name) => dialog(page).locator('[aria-current=true]').getByText(name, { exact: true }).waitFor()

async function openPicker(page) {
  await go(page, '#/library')
  await page.getByRole('button', { name: 'Choose…' }).click()
  await here(page, base)
}

scene('models and health: what there is, where it lies, and how far the indexes are', {}, async (page) => {
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Health' }).click()
  await page.getByRole('heading', { name: 'Models and health' }).waitFor()
  await page.getByText('Answers questions').first().waitFor()
  const disk = page.locator('[data-test=disk]')
  await disk.getByRole('row', { name: /Index by word/ }).waitFor()
  assert.match(await disk.getByRole('row', { name: /Ledger/ }).innerText(), /\d (kB|MB)/)
  const indexes = page.locator('[data-test=indexes]')
  assert.match(await indexes.getByRole('row', { name: /personal/ }).innerText(), /up to date|behind/)
  if (process.platform === 'linux') assert.match(await page.locator('[data-test=memory]').innerText(), /\d MB|\d GB/)
  const told = await page.evaluate(() => fetch('/api/v1/health').then((reply) => reply.text()))
  const token = new URL(process.env.WEB_LINK).searchParams.get('token')
  assert.ok(!told.includes(token), 'the token is not told')
  await accessible(page)
  await picture(page, 'health')
})

scene('a check runs when it is asked for, and says what it found', {}, async (page) => {
  await go(page, '#/health')
  const check = page.locator('[data-test=check]')
  await check.getByRole('button', { name: 'Check now' }).click()
  await check.getByText(/^Checked /).waitFor({ timeout: patience })
  await check.getByText('Ledger', { exact: true }).waitFor()
  await check.getByText('the database is sound').waitFor()
  assert.ok((await check.getByRole('listitem').count()) >= 3)
  assert.match(await check.getByRole('status').innerText(), /as it should be|attention/)
  await accessible(page)
  await picture(check, 'health check')
})

scene('health says so when it cannot be read, and tries again', { expectTrouble: /500/ }, async (page) => {
  let broken = true
  await page.route('**/api/v1/health', (route) =>
    broken ? route.fulfill({ status: 500, json: { error: { code: 'ledger_failed', message: 'cannot read the ledger', hint: 'run `rushlight doctor`' } } }) : route.fallback(),
  )
  await go(page, '#/health')
  await page.getByRole('alert').getByText('The ledger cannot be read or written').waitFor()
  broken = false
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('heading', { name: 'On the disk' }).waitFor()
})

for (const [name, options] of [
  ['narrow', { viewport: { width: 360, height: 740 } }],
  ['dark', { colorScheme: 'dark' }],
  ['narrow and dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
]) {
  scene(`health, the library in bars and the picker are readable ${name}`, options, async (page) => {
    await go(page, '#/health')
    await page.getByRole('heading', { name: 'On the disk' }).waitFor()
    await noSidewaysScroll(page)
    await accessible(page)
    await picture(page, `health ${name}`)
    await go(page, '#/library')
    await page.locator('[data-test=overview]').waitFor()
    await noSidewaysScroll(page)
    await picture(page.locator('[data-test=overview]'), `overview ${name}`)
    await page.getByRole('button', { name: 'Choose…' }).click()
    await here(page, base)
    await noSidewaysScroll(page)
    await accessible(page)
    await picture(page, `picker ${name}`)
  })
}

for (const [locale, title, choose, check] of [
  ['zh-TW', '模型與健康狀態', '選擇資料夾', '立即檢查'],
  ['zh-CN', '模型与健康状态', '选择文件夹', '立即检查'],
]) {
  scene(`health and the picker in ${locale}`, { locale }, async (page) => {
    await go(page, '#/health')
    await page.getByRole('heading', { name: title }).waitFor()
    await page.getByRole('button', { name: check }).waitFor()
    await picture(page, `health ${locale}`)
    await go(page, '#/library')
    await page.locator('form button[aria-haspopup=dialog]').click()
    await page.getByRole('dialog', { name: choose }).locator('[aria-current=true]').waitFor()
    await accessible(page)
    await picture(page, `picker ${locale}`)
  })
}

scene('a folder is chosen with the keyboard alone, and added', {}, async (page) => {
  await go(page, '#/library')
  await page.getByLabel('Space').fill('bees')
  await page.getByRole('button', { name: 'Choose…' }).focus()
  await page.keyboard.press('Enter')
  await here(page, base)
  await folder(page, /^data|^hostile/).first().waitFor()
  await page.keyboard.press('End')
  const last = () => page.evaluate(() => document.activeElement.querySelector('bdi')?.textContent)
  await becomes(last, 'notes')
  await page.keyboard.press('Home')
  await becomes(async () => (await last()) !== 'notes', true)
  // Type-ahead, with the space inside the name, and by the page's own clock: after a pause it begins anew.
  await page.evaluate(() => {
    for (const key of 'more n') document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  })
  await becomes(last, 'more notes')
  await page.keyboard.press('Enter')
  await here(page, 'more notes')
  await page.keyboard.press('Backspace')
  await here(page, base)
  await becomes(last, 'more notes', 'going up stands on the folder that was left')
  await page.keyboard.press('ArrowRight')
  await here(page, 'more notes')
  await dialog(page).getByText('It goes into the space').waitFor()
  await accessible(page)
  await picture(page, 'picker')
  await becomes(() => page.evaluate(() => document.activeElement.textContent), 'Add this folder', 'without folders the button has the focus')
  await page.keyboard.press('Enter')
  await page.getByText(`${folders.more} was added.`).waitFor()
  const card = page.locator('li.card').filter({ has: page.getByRole('heading', { name: folders.more, exact: true }) })
  await card.waitFor()
  await card.getByText('bees', { exact: true }).waitFor()

  // What is a source already says so, and cannot be added again.
  await openPicker(page)
  await folder(page, 'more notes In the Library already').click()
  await here(page, 'more notes')
  assert.ok(await dialog(page).getByRole('button', { name: 'Add this folder' }).isDisabled())
  await page.keyboard.press('Escape')
  await dialog(page).waitFor({ state: 'detached' })
  await becomes(() => page.evaluate(() => document.activeElement.textContent), 'Choose…', 'the focus goes back')

  await card.getByRole('button', { name: `Remove: ${folders.more}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await card.waitFor({ state: 'detached', timeout: patience })
})

scene('the breadcrumb leads back, and hidden folders come when they are asked for', {}, async (page) => {
  await openPicker(page)
  await folder(page, /^notes/).click()
  await here(page, 'notes')
  await dialog(page).getByRole('navigation', { name: 'Where you are' }).getByRole('button', { name: base }).click()
  await here(page, base)
  const asked = page.waitForRequest((request) => request.url().includes('/folders?hidden=true'))
  await dialog(page).getByLabel('Show hidden folders').check()
  await asked
  await dialog(page).getByRole('button', { name: 'Cancel' }).click()
  await dialog(page).waitFor({ state: 'detached' })
})

scene('odd names are shown as text, and what cannot be looked into is said', { expectTrouble: /403/ }, async (page) => {
  await page.route('**/api/v1/folders?**', (route) => {
    const path = new URL(route.request().url()).searchParams.get('path')
    if (path?.endsWith('locked')) {
      return route.fulfill({ status: 403, json: { error: { code: 'file_unreadable', message: `cannot look into \`${path}\``, hint: '' } } })
    }
    const names = ['<img src=x onerror="window.hostile=1">', 'evil\u202Efdp.exe', 'locked', 'line\nbreak']
    return route.fulfill({
      json: { path: '/home/ada', trail: [{ name: '/home/ada', path: '/home/ada' }], source: null, hidden: 2, left_out: 3, folders: names.map((name) => ({ name, path: `/home/ada/${name}`, source: null })) },
    })
  })
  await go(page, '#/library')
  await page.getByRole('button', { name: 'Choose…' }).click()
  await dialog(page).getByText('<img src=x onerror="window.hostile=1">').waitFor()
  await dialog(page).getByText('evil\uFFFDfdp.exe').waitFor()
  await dialog(page).getByText('3 folders are not shown').waitFor()
  await folder(page, 'locked').click()
  await dialog(page).getByRole('alert').getByText('It may not be read').waitFor()
  await here(page, '/home/ada')
  await accessible(page)
})

scene('the server looks into no folder outside its roots', {}, async (page) => {
  const ask = (path) =>
    page.evaluate(async (wanted) => {
      const reply = await fetch(`/api/v1/folders?path=${encodeURIComponent(wanted)}`)
      return [reply.status, (await reply.json()).error?.code]
    }, path)
  // The browser writes a refusal into its console; the page's own is not meant.
  page.removeAllListeners('console')
  assert.deepEqual(await ask('/etc'), [403, 'folder_forbidden'])
  assert.deepEqual(await ask('/no such folder'), [403, 'folder_forbidden'])
  assert.equal((await ask(folders.notes))[0], 200)
  assert.ok(page.url().startsWith(origin))
})

scene('bars say when documents were indexed: by day, and of a longer time by month', {}, async (page) => {
  await go(page, '#/library')
  const indexed = page.locator('[data-test=indexed]')
  const days = indexed.getByRole('table', { name: 'By the day they were indexed' })
  const today = await page.evaluate(() => new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' }).format(new Date()))
  const row = days.getByRole('row', { name: today })
  const shown = await page.evaluate(() => fetch('/api/v1/library/overview').then((reply) => reply.json()))
  assert.equal(Number(await row.getByRole('cell').innerText()), shown.documents, 'all that is there came today')
  assert.equal(await days.getByRole('link').count(), 0, 'no search finds them')
  await accessible(page)
  await page.route('**/api/v1/library/overview?**', (route) => {
    const periods = Array.from({ length: 14 }, (_, month) => ({ name: `${2026 - Math.floor(month / 12)}-${String(12 - (month % 12)).padStart(2, '0')}-01`, documents: 100 - month, text_bytes: 1, query: '' }))
    return route.fulfill({ json: { ...shown, indexed: { by: 'month', periods, before: 7 } } })
  })
  await page.reload()
  const months = indexed.getByRole('table', { name: 'By the month they were indexed' })
  await months.getByRole('row', { name: 'December 2026' }).waitFor()
  await indexed.getByText('When 7 other documents came was not kept yet.').waitFor()
  assert.equal(await months.getByRole('row', { name: /November 2025/ }).count(), 0, 'the oldest are shown when they are asked for')
  await indexed.getByRole('button').focus()
  await page.keyboard.press('Enter')
  await months.getByRole('row', { name: /November 2025/ }).waitFor()
  await accessible(page)
  await picture(indexed, 'indexed by month')
})

scene('a bar leads into the search with its filter', {}, async (page) => {
  await go(page, '#/library')
  const overview = page.locator('[data-test=overview]')
  const kinds = overview.getByRole('table', { name: 'By type' })
  await kinds.getByRole('row', { name: /Note/ }).waitFor()
  const row = kinds.getByRole('row', { name: /Note/ })
  assert.ok(Number((await row.getByRole('cell').innerText()).trim()) >= 1)
  await picture(overview, 'overview')
  // Anywhere on the row.
  await row.click({ position: { x: 250, y: 12 } })
  await page.waitForFunction(() => location.hash.includes('q=type%3Anote'))
  await becomes(() => page.getByRole('combobox').inputValue(), 'type:note')
  await go(page, '#/library')
  await overview.getByRole('table', { name: 'By year' }).getByRole('link').first().click()
  await page.waitForFunction(() => /q=date%3A\d{4}/.test(location.hash))
})

scene('what is left out of a folder is explained', {}, async (page) => {
  await go(page, '#/library')
  const card = page.locator('li.card').first()
  await card.getByText('What is left out here').click()
  await card.getByText('never writes into your folders').waitFor()
  await card.getByText('node_modules/', { exact: true }).waitFor()
  await accessible(page)
  await picture(card, 'rules')
})

scene('one failed file is tried again', {}, async (page) => {
  const failed = { source_id: 1, path: 'broken.pdf', status: 'failed', code: 'file_broken', message: 'no trailer', hint: '', retryable: false, attempts: 1 }
  await page.route('**/api/v1/problems?**', (route) => route.fulfill({ json: { total: 1, problems: [failed] } }))
  await page.route('**/api/v1/library/unreadable?**', (route) =>
    route.fulfill({ json: { total: 1, documents: [{ document: { document_id: 'd1', title: 'Lease, scanned', path: '/home/ada/lease.pdf', part: '', kind: 'pdf', date: null }, pages: [2, 5] }] } }),
  )
  const asked = []
  await page.route('**/api/v1/problems/retry', (route) => {
    asked.push(JSON.parse(route.request().postData()))
    return route.fulfill({ status: 202, json: {} })
  })
  await go(page, '#/library')
  await page.getByRole('button', { name: /Try again.*broken\.pdf/ }).click()
  await page.getByText('is read again.').waitFor()
  assert.deepEqual(asked, [{ source_id: 1, path: 'broken.pdf' }])
  const unreadable = page.locator('[data-test=unreadable]')
  await unreadable.getByText('page 2, 5').waitFor()
  assert.match(await unreadable.getByRole('link', { name: 'Lease, scanned' }).getAttribute('href'), /doc=d1/)
})
