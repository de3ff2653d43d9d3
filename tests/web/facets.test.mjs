import assert from 'node:assert/strict'
import { accessible, becomes, go, noSidewaysScroll, picture, scene, searchFor } from './harness/page.mjs'

const panel = (page) => page.getByRole('region', { name: 'Filters' })
const box = (page, group, name) => panel(page).getByRole('group', { name: group }).getByRole('checkbox', { name })

/** Waits until the counts are those of the present query. */
const counted = (page) => page.locator('#facets[aria-busy=false]').waitFor({ state: 'attached' })

const value = (name, documents, more = {}) => ({ value: name, documents, chosen: false, query: `tea x:${name}`, ...more })
const many = {
  covers: 'all_words',
  documents: 1204,
  bare: 'tea',
  took_us: 900,
  facets: [
    { facet: 'type', values: [value('mail', 801), value('note', 310, { chosen: true, query: 'tea' }), value('pdf', 93)], more: 0 },
    { facet: 'space', values: [value('personal', 1000), value('工作', 204)], more: 0 },
    { facet: 'folder', values: [value('/home/ada/notes', 900), value('/home/ada/mail archive', 304)], more: 0 },
    { facet: 'person', values: Array.from({ length: 20 }, (_, at) => value(at === 2 ? '<b>Mallory</b> \u202E<m@example.org>' : `Person ${at} with quite a long name <person.${at}@example.org>`, 40 - at)), more: 7 },
    { facet: 'tag', values: [value('drinks', 12), value('drinks/tea', 9), value('茶', 4)], more: 0 },
    { facet: 'year', values: [value('2024', 700), value('2026', 300), value('2025', 204)], more: 0 },
  ],
}

async function counting(page, reply) {
  await page.route('**/api/v1/search/facets', (route) => route.fulfill({ json: reply }).catch(() => undefined))
}

scene('values with counts stand beside the results, and a chosen one becomes a part of the query', {}, async (page) => {
  await searchFor(page, 'Gyokuro')
  await counted(page)
  const note = box(page, 'Type', /^Note 1 document$/)
  const table = box(page, 'Type', /^Table 1 document$/)
  await note.waitFor()
  assert.deepEqual([await note.isChecked(), await table.isChecked()], [false, false])
  await panel(page).getByText('2 documents with all your words').waitFor()
  await accessible(page)
  await note.click()
  const field = page.getByRole('combobox')
  await page.waitForURL(/q=Gyokuro\+type%3Anote$/)
  assert.equal(await field.inputValue(), 'Gyokuro type:note')
  await counted(page)
  await page.getByRole('link', { name: /prices/ }).waitFor({ state: 'detached' })
  assert.equal(await table.isChecked(), false, 'the other value is still there to be chosen')
  await table.press(' ')
  await page.waitForFunction(() => document.querySelector('#query').value === 'Gyokuro (type:note OR type:table)')
  await counted(page)
  assert.deepEqual([await note.isChecked(), await table.isChecked()], [true, true])
  await page.getByRole('link', { name: /prices/ }).first().waitFor()
  await page.reload()
  await counted(page)
  assert.equal(await note.isChecked(), true, 'the address has it all')
  await note.click()
  await page.waitForFunction(() => document.querySelector('#query').value === 'Gyokuro type:table')
  await counted(page)
  await panel(page).getByRole('button', { name: 'Clear the filters' }).click()
  await page.waitForURL(/q=Gyokuro$/)
})

scene('what is typed is chosen, and where nothing is left the way back is offered', {}, async (page) => {
  await page.getByRole('combobox').fill('Gyokuro type:image')
  await page.getByText('Nothing found for “Gyokuro type:image”').waitFor()
  await counted(page)
  assert.equal(await box(page, 'Type', /^Picture 0 documents$/).isChecked(), true)
  await page.getByText('Filters are on').waitFor()
  await page.getByRole('main').getByRole('button', { name: 'Clear the filters' }).last().click()
  await page.waitForURL(/q=Gyokuro$/)
  await page.getByRole('link', { name: /Green tea/ }).first().waitFor()
})

scene('two quick clicks are both heard, though the counts of the first are on their way', {}, async (page) => {
  let slow = 0
  await page.route('**/api/v1/search/facets', async (route) => {
    if (slow > 0) await new Promise((done) => setTimeout(done, slow))
    await route.continue().catch(() => undefined)
  })
  await searchFor(page, 'Gyokuro')
  await counted(page)
  slow = 600
  await box(page, 'Type', /^Note/).click()
  await box(page, 'Type', /^Table/).click()
  await page.waitForFunction(() => document.querySelector('#query').value === 'Gyokuro (type:note OR type:table)')
})

scene('no search waits for the counts, and a failure of theirs leaves it as it is', { expectTrouble: /503/ }, async (page) => {
  const order = []
  await page.route('**/api/v1/search/facets', (route) => {
    order.push('facets')
    return route.fulfill({ status: 503, json: { error: { code: 'search_unavailable', message: 'no', hint: '' } } })
  })
  page.on('request', (request) => request.url().endsWith('/search') && order.push(JSON.parse(request.postData()).typing ? 'letters' : 'search'))
  await searchFor(page, 'Gyokuro')
  await page.getByText('The counts are not to be had just now.').waitFor()
  // The last letters may be asked about beside the full search.
  assert.deepEqual(order.filter((one) => one !== 'letters').slice(-2), ['search', 'facets'], 'asked after the search, and never while somebody types')
  await page.getByRole('link', { name: /Green tea/ }).first().waitFor()
  await accessible(page)
})

scene('many values, long and hostile names', {}, async (page) => {
  await counting(page, many)
  await searchFor(page, 'tea')
  await counted(page)
  const people = panel(page).getByRole('group', { name: 'From' })
  await becomes(() => people.getByRole('checkbox').count(), 6)
  await people.getByRole('checkbox', { name: /<b>Mallory<\/b>/ }).waitFor()
  await accessible(page)
  await picture(page, 'facets wide light')
  await people.getByRole('button', { name: /^Show all 20 ?From$/ }).click()
  await becomes(() => people.getByRole('checkbox').count(), 20)
  await people.getByText('and 7 more').waitFor()
  await people.getByRole('button', { name: /^Show fewer ?From$/ }).click()
  const years = panel(page).getByRole('group', { name: 'Year' }).locator('bdi')
  assert.deepEqual(await years.allTextContents(), ['2026', '2025', '2024'])
  assert.deepEqual(await panel(page).getByRole('group', { name: 'Folder' }).locator('bdi').allTextContents(), ['notes', 'mail archive'])
  assert.equal(await page.getByRole('button', { name: /^Filters/ }).isVisible(), false, 'where there is room there is no button')
  await noSidewaysScroll(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  await picture(page, 'facets wide dark')
  await page.getByRole('link', { name: /Green tea/ }).first().click()
  await page.getByRole('region', { name: 'Document' }).waitFor()
  const toggle = page.getByRole('button', { name: 'Filters, 1 chosen' })
  await toggle.waitFor()
  assert.equal(await panel(page).getByRole('checkbox').first().isVisible(), false, 'a document beside the results takes the room')
  await accessible(page)
  await picture(page, 'facets beside a document')
})

for (const colorScheme of ['light', 'dark']) {
  scene(`on a phone the filters are behind a button, ${colorScheme}`, { viewport: { width: 360, height: 740 }, colorScheme, hasTouch: true }, async (page) => {
    await counting(page, many)
    await searchFor(page, 'tea')
    const toggle = page.getByRole('button', { name: 'Filters, 1 chosen' })
    await toggle.waitFor()
    assert.equal(await toggle.getAttribute('aria-expanded'), 'false')
    await noSidewaysScroll(page)
    await picture(page, `facets phone closed ${colorScheme}`)
    await toggle.click()
    await box(page, 'Type', /^Mail 801 documents$/).waitFor()
    await noSidewaysScroll(page)
    await accessible(page)
    await picture(page, `facets phone open ${colorScheme}`)
    await toggle.press('Enter')
    await box(page, 'Type', /^Mail 801 documents$/).waitFor({ state: 'hidden' })
  })
}

scene('a list is sorted over all that holds the words, and says so', {}, async (page) => {
  const asked = []
  page.on('request', (request) => request.url().endsWith('/search') && asked.push(JSON.parse(request.postData() ?? '{}')))
  await searchFor(page, 'Gyokuro')
  const sort = (name) => page.getByRole('radiogroup', { name: 'Sort' }).getByRole('radio', { name })
  assert.equal(await sort('Best match').isChecked(), true)
  await sort('Best match').press('ArrowRight')
  await page.waitForURL(/sort=newest/)
  assert.equal(await sort('Newest').isChecked(), true)
  await page.getByText('Title', { exact: true }).click()
  await page.waitForURL(/sort=title/)
  await page.getByText('2 of 2 documents with all your words, Sorted lists are searched by word only.').waitFor()
  await page.waitForFunction(() => document.querySelector('main ul[aria-busy=false] .name a')?.textContent.trim().startsWith('Green tea'))
  assert.equal(asked.at(-1).sort, 'title')
  const titles = await page.getByRole('list', { name: 'Results' }).locator('.name a').allTextContents()
  assert.deepEqual(titles.map((title) => title.split('›')[0].trim()), ['Green tea', 'prices'])
  assert.equal(await page.getByRole('switch').count(), 0, 'what puts the best in order says nothing here')
  const first = page.getByRole('list', { name: 'Results' }).getByRole('listitem').first()
  await first.locator('summary', { hasText: 'Why?' }).click()
  await first.getByText('Nothing ranks here').waitFor()
  await first.getByText('Its title decides its place.').waitFor()
  assert.equal(await first.getByText('of 100 points').count(), 0)
  await accessible(page)
  await picture(page, 'sorted by title')
  await page.reload()
  await page.getByText('2 of 2 documents with all your words').waitFor()
  assert.equal(await sort('Title').isChecked(), true)
  await page.getByText('Best match', { exact: true }).click()
  await page.getByRole('switch').first().waitFor()
  await page.waitForURL((url) => !url.hash.includes('sort='))
})

scene('a search of nothing but filters is not scored', {}, async (page) => {
  await searchFor(page, 'type:note')
  const first = page.getByRole('list', { name: 'Results' }).getByRole('listitem').first()
  await first.locator('summary', { hasText: 'Why?' }).click()
  await first.getByText('Nothing ranks here').waitFor()
  await first.getByText('the newest first').waitFor()
  assert.equal(await first.getByText('of 100 points').count(), 0)
  await panel(page).getByText(/^\d documents in all$/).waitFor()
})

scene('the last search is there again after another place, and in a page opened anew; what was cleared is not', {}, async (page, context) => {
  await searchFor(page, 'Gyokuro type:note')
  await page.getByText('Newest', { exact: true }).click()
  await page.waitForURL(/sort=newest/)
  const places = page.getByRole('navigation')
  await places.getByRole('link', { name: 'Library' }).click()
  await page.getByRole('heading', { name: 'Library', level: 1 }).waitFor()
  await places.getByRole('link', { name: 'Search' }).click()
  await page.getByRole('link', { name: /Green tea/ }).first().waitFor()
  assert.equal(await page.locator('#query').inputValue(), 'Gyokuro type:note')
  assert.equal(await page.getByRole('radio', { name: 'Newest', exact: true }).isChecked(), true)
  const kept = await page.evaluate(() => Object.fromEntries(Object.entries(localStorage)))
  assert.deepEqual(kept, { 'rushlight.search': '#/search?q=Gyokuro+type%3Anote&sort=newest' }, 'nothing else is kept')
  const again = await context.newPage()
  await again.goto(new URL('/', page.url()).href)
  await again.locator('main ul[aria-busy=false]').waitFor()
  assert.equal(await again.locator('#query').inputValue(), 'Gyokuro type:note')
  await again.getByRole('button', { name: 'Clear the search' }).click()
  await again.getByText('Type to search').waitFor()
  await again.close()
  await go(page, '#/library')
  await page.getByRole('heading', { name: 'Library', level: 1 }).waitFor()
  await places.getByRole('link', { name: 'Search' }).click()
  await page.getByText('Type to search').waitFor()
})

scene('an address of an earlier version keeps its meaning', {}, async (page) => {
  await go(page, '#/search?q=Gyokuro&space=personal&kind=note&kind=mail')
  await page.waitForFunction(() => document.querySelector('#query').value === 'Gyokuro (type:note OR type:mail) space:"personal"')
  await page.getByRole('link', { name: /Green tea/ }).first().waitFor()
  await counted(page)
  assert.equal(await box(page, 'Type', /^Note/).isChecked(), true)
  assert.equal(await box(page, 'Space', /^personal/).isChecked(), true)
})

scene('in Chinese: names, counts and what cannot be read', { locale: 'zh-CN', expectTrouble: /400/ }, async (page) => {
  await page.locator('#query').fill('Gyokuro')
  const filters = page.getByRole('region', { name: '筛选' })
  await filters.getByRole('group', { name: '类型' }).getByRole('checkbox', { name: /^笔记 ?1 份文档$/ }).waitFor()
  await accessible(page)
  await picture(page, 'facets simplified')
  await page.locator('#query').fill('绿茶 frm:安娜')
  const fault = page.locator('#query-fault')
  await fault.getByText('没有这个名称的字段。').waitFor()
  assert.equal((await fault.locator('.query').textContent())?.trim(), '绿茶 frm:安娜')
  assert.doesNotMatch((await fault.textContent()) ?? '', /[這請開頁問題對話尋檔標籤連錯誤語沒個稱欄]/u)
})

scene('links beyond the first twenty are shown on demand', {}, async (page) => {
  const name = (kind, at) => ({ document_id: `${kind}${at}`, title: `${kind} ${at}`, path: `/notes/${kind}${at}.md`, part: '', kind: 'note', date: null })
  const list = (kind, length) => Array.from({ length }, (_, at) => name(kind, at + 1))
  await page.route('**/api/v1/documents/*/links', (route) =>
    route
      .fulfill({
        json: {
          outgoing: list('to', 31).map((document) => ({ kind: 'name', target: document.title, fragment: null, embedded: false, document })),
          backlinks: { total: 140, documents: list('from', 100).map((document) => ({ document, links: 1, fragment: null, span: null, text: '' })) },
          thread: [],
        },
      })
      .catch(() => undefined),
  )
  await searchFor(page, 'steeped')
  await page.getByRole('link', { name: /Green tea/ }).first().click()
  const related = page.getByRole('complementary', { name: 'Related documents' })
  await related.locator('summary').click()
  const lists = related.locator('ul')
  const lengths = async () => [await lists.nth(0).getByRole('listitem').count(), await lists.nth(1).getByRole('listitem').count()]
  await becomes(lengths, [20, 20])
  await related.getByRole('button', { name: 'Show all 100' }).click()
  await becomes(lengths, [100, 20])
  await related.getByText('and 40 more').waitFor()
  await related.getByRole('button', { name: 'Show all 31' }).press('Enter')
  await becomes(lengths, [100, 31])
  await related.getByRole('button', { name: 'Show fewer' }).first().click()
  await becomes(lengths, [20, 31])
  await accessible(page)
})
