import assert from 'node:assert/strict'
import { accessible, becomes, comesIntoView, dress, focused, folders, go, longLists, picture, scene, searchFor, suggesting, typeEvenly } from './harness/page.mjs'

scene('the link leaves no token in the address, and the search has the focus', {}, async (page) => {
  await page.getByText('Type to search').waitFor()
  assert.ok(!page.url().includes('token'))
  await becomes(() => focused(page), 'query')
  await accessible(page)
  await picture(page, 'search start')
})

scene('searches as you type, marks what it found, and keeps the query in the address', {}, async (page) => {
  await searchFor(page, 'steeped')
  const first = page.getByRole('list', { name: 'Results' }).getByRole('listitem').first()
  await first.getByText('Green tea is').waitFor()
  assert.equal(await first.locator('mark').first().textContent(), 'steeped')
  await page.waitForURL(/#\/search\?q=steeped$/)
  await page.reload()
  await page.locator('mark', { hasText: 'steeped' }).first().waitFor()
  assert.equal(await page.getByRole('combobox').inputValue(), 'steeped')
  await accessible(page)
})

scene('the search that an address names is asked for while the page is still on its way, and once', {}, async (page) => {
  await searchFor(page, 'steeped')
  const asked = []
  let finish = () => undefined
  const seen = new Promise((done) => (finish = done))
  await page.route('**/api/v1/search', (route) => {
    asked.push(JSON.parse(route.request().postData() ?? '{}'))
    finish()
    return route.continue()
  })
  // Without this script there is no page.
  await page.route('**/assets/page-*.js', async (route) => {
    await seen
    return route.fallback()
  })
  await page.reload()
  await page.locator('main ul[aria-busy=false] mark', { hasText: 'steeped' }).first().waitFor()
  assert.deepEqual(asked.map(({ query, typing, limit }) => ({ query, typing, limit })), [{ query: 'steeped', typing: undefined, limit: 30 }])
  await page.getByRole('switch', { name: 'Newest first among equals' }).click()
  await becomes(() => asked.map(({ recent }) => recent), [undefined, true])
})

scene('finds Chinese words inside a sentence', {}, async (page) => {
  await searchFor(page, '報銷')
  await page.getByRole('link', { name: '出差報銷' }).first().waitFor()
  assert.ok((await page.locator('mark').allTextContents()).some((text) => text.includes('報銷')))
})

scene('only the reply to the last question is shown', {}, async (page) => {
  let slow = 0
  await page.route('**/api/v1/search', async (route) => {
    if (JSON.parse(route.request().postData() ?? '{}').query === 'compost') {
      slow++
      await new Promise((done) => setTimeout(done, 1500))
    }
    await route.continue().catch(() => undefined)
  })
  const field = page.getByRole('combobox')
  await field.fill('compost')
  await becomes(() => slow > 0, true)
  await field.fill('Gyokuro')
  await page.locator('mark', { hasText: 'Gyokuro' }).first().waitFor()
  await page.waitForTimeout(1500)
  assert.equal(await page.locator('mark', { hasText: 'compost' }).count(), 0)
})

scene('the keyboard is enough: slash, arrows, Enter, Escape', {}, async (page) => {
  await go(page, '#/search')
  await page.getByRole('button', { name: 'Settings' }).focus()
  await page.keyboard.press('/')
  await becomes(() => focused(page), 'query')
  await searchFor(page, 'tea')
  await page.keyboard.press('ArrowDown')
  await becomes(() => focused(page), 'hit-0')
  await page.keyboard.press('ArrowDown')
  await becomes(() => focused(page), 'hit-1')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowUp')
  await becomes(() => focused(page), 'query')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const pane = page.getByRole('region', { name: 'Document' })
  await pane.locator('mark').first().waitFor()
  await page.keyboard.press('Escape')
  await pane.waitFor({ state: 'detached' })
  await becomes(() => focused(page), 'hit-0')
  await page.goBack()
  await pane.waitFor()
})

scene('of a long list the screen is drawn at once, every row has its place, and the keyboard reaches the last', {}, async (page) => {
  await longLists(page)
  await suggesting(page, () => [])
  // No frame follows: what is drawn now was drawn at once.
  await page.evaluate(() => (window.requestAnimationFrame = () => 0))
  await page.getByRole('combobox').fill('tea')
  const rows = page.locator('main ul[aria-busy=false] > li')
  await rows.nth(29).waitFor()
  const drawn = () => rows.evaluateAll((all) => all.map((row) => ({ drawn: row.querySelector('.name a') !== null, seen: row.getBoundingClientRect().top < innerHeight })))
  const before = await drawn()
  assert.equal(before.length, 30)
  assert.ok(before.some(({ seen }) => seen) && before.every((row) => row.drawn || !row.seen), 'what is seen is drawn')
  assert.ok(before.some((row) => !row.drawn), 'what is not waits')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('End')
  await becomes(() => focused(page), 'hit-29')
  assert.ok((await drawn()).every((row) => row.drawn))
})

scene('the rows below the screen follow by themselves, and nothing in sight moves', {}, async (page) => {
  await longLists(page)
  await page.evaluate(() => {
    window.shift = 0
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shift += entry.hadRecentInput ? 0 : entry.value))).observe({ type: 'layout-shift', buffered: false })
  })
  await searchFor(page, 'tea')
  await page.locator('main ul[aria-busy=false] > li:nth-child(30) .name a').waitFor({ state: 'attached' })
  const shift = await page.evaluate(() => window.shift)
  assert.ok(shift <= 0.05, String(shift))
})

scene('slash leads to the search from every place, and is a character where something is written', {}, async (page) => {
  for (const place of ['#/ask', '#/library']) {
    await go(page, place)
    await page.getByRole('button', { name: 'Settings' }).focus()
    await page.keyboard.press('/')
    await page.locator('#query:focus').waitFor()
    await becomes(() => page.evaluate(() => location.hash), '#/search')
    assert.equal(await page.locator('#query').inputValue(), '')
  }
  await go(page, '#/ask')
  const question = page.getByRole('textbox').first()
  await question.focus()
  await page.keyboard.type('green/black')
  assert.equal(await question.inputValue(), 'green/black')
})

scene('a leg that does not answer is said in plain words, an error with what to do', { expectTrouble: /50[03]/ }, async (page) => {
  await page.route('**/api/v1/search', async (route) => {
    const { query } = JSON.parse(route.request().postData() ?? '{}')
    if (query === 'broken') {
      const error = { code: 'search_unavailable', message: 'no leg answered', hint: 'run `rushlight doctor`' }
      return route.fulfill({ status: 503, json: { error } })
    }
    const reply = await route.fetch()
    const body = await reply.json()
    body.degraded = [{ leg: 'semantic', message: 'the embedding model is not installed' }]
    return route.fulfill({ response: reply, json: body })
  })
  await searchFor(page, 'steeped')
  await page.getByText('Found by word only').waitFor()
  await page.getByRole('combobox').fill('broken')
  await page.getByRole('alert').getByText('The search does not answer').waitFor()
  assert.equal(await page.getByRole('alert').locator('code').textContent(), 'rushlight doctor')
  await accessible(page)
})

scene('signs that are being composed are not searched for', {}, async (page) => {
  const asked = []
  page.on('request', (request) => request.url().endsWith('/search') && asked.push(JSON.parse(request.postData() ?? '{}').query))
  const client = await page.context().newCDPSession(page)
  await page.getByRole('combobox').focus()
  await client.send('Input.imeSetComposition', { text: 'ㄅㄠˋ', selectionStart: 3, selectionEnd: 3 })
  await page.waitForTimeout(300)
  await client.send('Input.insertText', { text: '報銷' })
  await page.getByRole('list', { name: 'Results' }).waitFor()
  assert.deepEqual([...new Set(asked)], ['報銷'])
})

scene('the path of a result is that of its file', {}, async (page) => {
  await searchFor(page, 'Hendersons')
  await page.getByText(`${folders.notes}/garden.md`).waitFor()
})

const offers = [
  { kind: 'title', text: 'Green tea', documents: 2, query: 'title:"Green tea"' },
  { kind: 'tag', text: 'green', documents: 12, query: 'tag:"green"' },
  { kind: 'person', text: 'Greta Li', documents: 1, query: '(from:"Greta Li" OR to:"Greta Li")' },
]

scene('each letter asks by word, a pause or Enter in full, and the list stays until the reply is there', {}, async (page) => {
  const asked = []
  let finish = () => undefined
  let held = Promise.resolve()
  await page.route('**/api/v1/search', async (route) => {
    const body = JSON.parse(route.request().postData() ?? '{}')
    asked.push(body)
    if (!body.typing) await held
    await route.continue().catch(() => undefined)
  })
  await searchFor(page, 'Gyokuro')
  asked.length = 0
  held = new Promise((done) => (finish = done))
  await page.evaluate(() => {
    window.gaps = 0
    new MutationObserver(() => (window.gaps += document.querySelector('main article') ? 0 : 1)).observe(document.querySelector('main'), { childList: true, subtree: true })
  })
  await typeEvenly(page, ' harvest')
  await page.locator('mark', { hasText: 'harvest' }).first().waitFor()
  assert.equal(await page.locator('main ul[aria-busy=true]').count(), 1, 'what is shown is the reply to the words, while the full search runs')
  finish()
  await page.locator('main ul[aria-busy=false]').waitFor()
  assert.equal(await page.evaluate(() => window.gaps), 0, 'the list was never empty')
  // A slow reply to a letter lets the last ones be asked beside the full search.
  const [inFull, ...others] = asked.filter(({ typing }) => !typing)
  assert.ok(asked.length >= 2)
  assert.deepEqual([inFull.query, others], ['Gyokuro harvest', []], 'one full search')
  assert.equal(inFull.utc_offset, await page.evaluate(() => 0 - new Date().getTimezoneOffset()))
  asked.length = 0
  await page.evaluate(async () => {
    const field = document.querySelector('#query')
    field.focus()
    field.value = 'steeped'
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
    await new Promise((done) => setTimeout(done))
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  })
  await page.waitForFunction(() => document.querySelector('main ul[aria-busy=false]') && location.hash.endsWith('steeped'))
  // The letter is asked at once too; Enter calls that off, before or after it has left the page.
  const full = asked.filter(({ typing }) => !typing)
  assert.deepEqual([full.map(({ query }) => query), asked.at(-1)], [['steeped'], full[0]], 'Enter does not wait for the pause')
  assert.equal(await page.locator('.pane').count(), 0, 'Enter before the reply opens nothing')
  await page.keyboard.press('Enter')
  await page.locator('.pane mark').first().waitFor()
})

scene('a space says while typing that the word is finished; the full search and the address know none', {}, async (page) => {
  const asked = []
  let finish = () => undefined
  const spaceAsked = new Promise((done) => (finish = done))
  await page.route('**/api/v1/search', async (route) => {
    const body = JSON.parse(route.request().postData() ?? '{}')
    asked.push(body)
    if (body.query === 'steeped ') finish()
    // Where the words are slow to come, the full search would be answered before the space is asked about.
    if (!body.typing) await spaceAsked
    await route.continue().catch(() => undefined)
  })
  await typeEvenly(page, 'steeped ')
  await page.waitForFunction(() => document.querySelector('main ul[aria-busy=false]'))
  const typed = asked.filter(({ typing }) => typing).map(({ query }) => query)
  assert.ok(typed.includes('steeped ') && typed.indexOf('steeped ') === typed.length - 1, typed.join('|'))
  assert.deepEqual(asked.filter(({ typing }) => !typing).map(({ query }) => query), ['steeped'])
  assert.match(page.url(), /q=steeped$/)
  assert.equal(await page.getByRole('combobox').inputValue(), 'steeped ', 'the field keeps it')
  asked.length = 0
  await typeEvenly(page, ' ')
  await page.waitForTimeout(500)
  assert.deepEqual(asked, [], 'what is answered in full is not asked again for a space')
})

scene('titles, people and tags are suggested below the field, for keys and mouse', {}, async (page) => {
  const words = []
  await suggesting(page, (typed) => {
    words.push(typed)
    return typed.startsWith('gre') ? offers : []
  })
  const field = page.getByRole('combobox')
  const list = page.getByRole('listbox', { name: 'Suggestions' })
  await field.fill('steeped gre')
  await list.waitFor()
  assert.deepEqual([...new Set(words)].sort(), ['gre', 'steeped gre'])
  assert.deepEqual(await list.getByRole('group').evaluateAll((groups) => groups.map((group) => group.textContent?.replace(/\s+/g, ' ').trim())), [
    'Titles Green tea 2 documents', 'People Greta Li 1 document', 'Tags green 12 documents',
  ])
  assert.equal(await field.getAttribute('aria-expanded'), 'true')
  assert.equal(await field.getAttribute('aria-activedescendant'), null, 'none is chosen by itself')
  await accessible(page)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  const chosen = list.getByRole('option', { selected: true })
  assert.match((await chosen.textContent()) ?? '', /Greta Li/)
  assert.equal(await field.getAttribute('aria-activedescendant'), await chosen.getAttribute('id'))
  assert.equal(await focused(page), 'query', 'the focus stays in the field')
  await accessible(page)
  await picture(page, 'suggestions')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await list.waitFor({ state: 'detached' })
  assert.equal(await field.inputValue(), 'steeped title:"Green tea" ')
  await page.waitForURL(/q=steeped\+title%3A%22Green\+tea%22$/)
  await becomes(() => field.evaluate((input) => input.selectionStart), 'steeped title:"Green tea" '.length)

  await field.fill('gre')
  await list.waitFor()
  await page.keyboard.press('ArrowUp')
  assert.match((await chosen.textContent()) ?? '', /^green/, 'the arrow up begins at the end')
  await page.keyboard.press('ArrowDown')
  assert.equal(await chosen.count(), 0, 'beyond the end none is chosen')
  await page.keyboard.press('Escape')
  await list.waitFor({ state: 'detached' })
  assert.equal(await field.inputValue(), 'gre')
  await page.waitForFunction(() => document.querySelector('main ul[aria-busy=false]'))
  await page.keyboard.press('ArrowDown')
  await becomes(() => focused(page), 'hit-0', 'without suggestions the arrow goes into the results')

  await field.fill('gre')
  await field.press('End')
  await field.pressSequentially('e')
  await list.getByRole('option', { name: /^green/ }).click()
  await becomes(() => field.inputValue(), 'tag:"green" ')
  await becomes(() => focused(page), 'query')
  await page.getByRole('button', { name: 'Clear the search' }).click()
  await page.getByText('Type to search').waitFor()
})

scene('Enter without a chosen suggestion opens the first result, and leaving the field closes them', {}, async (page) => {
  await suggesting(page, () => offers)
  const field = page.getByRole('combobox')
  await field.fill('tea')
  await page.getByRole('listbox').waitFor()
  await page.waitForFunction(() => document.querySelector('main ul[aria-busy=false]'))
  await page.getByRole('button', { name: 'Settings' }).focus()
  await page.getByRole('listbox').waitFor({ state: 'detached' })
  await field.fill('steeped')
  await page.getByRole('listbox').waitFor()
  await page.waitForFunction(() => location.hash.endsWith('steeped') && document.querySelector('main ul[aria-busy=false]'))
  await field.press('Enter')
  await page.locator('.pane mark').first().waitFor()
})

scene('while Chinese is composed the keys are the input method’s', {}, async (page) => {
  await suggesting(page, () => offers)
  const client = await page.context().newCDPSession(page)
  const field = page.getByRole('combobox')
  await field.fill('tea')
  await page.getByRole('listbox').waitFor()
  await client.send('Input.imeSetComposition', { text: 'ㄅㄠˋ', selectionStart: 3, selectionEnd: 3 })
  await page.getByRole('listbox').waitFor({ state: 'detached' })
  const taken = await field.evaluate((input) =>
    ['ArrowDown', 'ArrowUp', 'Enter', 'Escape'].filter((key) => !input.dispatchEvent(new KeyboardEvent('keydown', { key, isComposing: true, bubbles: true, cancelable: true }))),
  )
  assert.deepEqual(taken, [])
  assert.equal(await focused(page), 'query')
  await client.send('Input.insertText', { text: '報銷' })
  assert.equal(await field.inputValue(), 'tea報銷')
  await page.getByRole('listbox').waitFor()
})

scene('a query that cannot be read is shown with the place marked, and forgiven while it is typed', { expectTrouble: /400/ }, async (page) => {
  const field = page.getByRole('combobox')
  await field.pressSequentially('green 🍵 "steeped', { delay: 20 })
  const fault = page.locator('#query-fault')
  // What was written until a pause may be faulted first.
  await becomes(async () => (await fault.locator('.query').textContent())?.trim(), 'green 🍵 "steeped')
  assert.equal(await fault.locator('mark').textContent(), '"')
  await fault.getByText('This quote is not closed.').waitFor()
  await fault.getByText('Close it, or take it away.').waitFor()
  assert.equal(await page.getByRole('alert').count(), 0, 'it is said calmly')
  await page.locator('main ul mark').first().waitFor()
  const right = page.getByRole('button', { name: /^This was right/ })
  assert.equal(await right.count(), 0, 'nothing is right for what cannot be read')
  assert.equal(await field.getAttribute('aria-invalid'), 'true')
  assert.equal(await field.getAttribute('aria-describedby'), 'query-fault')
  await accessible(page)
  await picture(page, 'query fault')
  await field.pressSequentially('"')
  await fault.waitFor({ state: 'detached' })
  await page.locator('main ul[aria-busy=false] mark').first().waitFor()
  await right.first().waitFor({ state: 'attached' })
  await field.fill('綠茶 frm:安娜')
  await fault.waitFor()
  assert.equal(await fault.locator('mark').textContent(), 'frm', 'characters are counted, not bytes')
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('繁體中文').check()
  await fault.getByText('沒有這個名稱的欄位。').waitFor()
})

scene('how the query was read is said, and the help shows how to write one', {}, async (page) => {
  await searchFor(page, 'steeped after:2020')
  await page.getByText('Read as:').waitFor()
  assert.equal((await page.locator('.read').textContent())?.replace(/\s+/g, ' ').trim(), 'Read as: words steeped · on or after 2020-01-01')
  await accessible(page)
  const help = page.getByRole('button', { name: 'How to search' })
  await help.click()
  assert.equal(await help.getAttribute('aria-expanded'), 'true')
  await page.getByRole('heading', { name: 'How to search' }).waitFor()
  await accessible(page)
  await picture(page, 'query help')
  await page.getByRole('button', { name: 'Search for how hot is "green tea"' }).click()
  await page.waitForURL(/q=how\+hot\+is\+%22green\+tea%22$/)
  assert.equal(await page.getByRole('combobox').inputValue(), 'how hot is "green tea"')
  await help.click()
  await page.getByRole('heading', { name: 'How to search' }).waitFor({ state: 'hidden' })
})

scene('a word that occurs nowhere is said to be taken for others', {}, async (page) => {
  await dress(page, (reply) => (reply.corrections = [{ typed: '<b>stepe', meant: 'steeped' }, { typed: 'kettel', meant: 'kettle' }, { typed: '<b>stepe', meant: 'steep' }]))
  await searchFor(page, 'steeped')
  const lines = page.getByText(/^No document has/)
  await lines.first().waitFor()
  assert.deepEqual((await lines.allTextContents()).map((line) => line.replace(/[\u2068\u2069]/g, '')), [
    'No document has “<b>stepe”; showing “steeped”, “steep”', 'No document has “kettel”; showing “kettle”',
  ])
  await accessible(page)
})

scene('what a search while typing guesses is not said; what the full one said stays until the next', { expectTrouble: /400/ }, async (page) => {
  let finish = () => undefined
  let held = Promise.resolve()
  await page.route('**/api/v1/search', async (route) => {
    const { query, typing } = JSON.parse(route.request().postData() ?? '{}')
    if (!typing) await held
    const reply = await route.fetch().catch(() => null)
    if (!reply?.ok()) return (reply ? route.fulfill({ response: reply }) : route.abort()).catch(() => undefined)
    const body = await reply.json()
    body.understood = [{ label: 'words', text: typing ? `${query}, guess*` : query }]
    body.corrections = [{ typed: typing ? 'unfinished' : 'finished', meant: query }]
    return route.fulfill({ response: reply, json: body }).catch(() => undefined)
  })
  const said = () => page.locator('.read').allTextContents().then((lines) => lines.map((line) => line.replace(/[\u2068\u2069]/g, '').replace(/\s+/g, ' ').trim()))
  const ofFull = (query) => [`Read as: words ${query}`, `No document has “finished”; showing “${query}”`]
  await searchFor(page, 'Gyokuro')
  assert.deepEqual(await said(), ofFull('Gyokuro'))
  held = new Promise((done) => (finish = done))
  const field = page.getByRole('combobox')
  await field.press('End')
  await field.pressSequentially(' harvest', { delay: 15 })
  await page.locator('mark', { hasText: 'harvest' }).first().waitFor()
  assert.equal(await page.locator('main ul[aria-busy=true]').count(), 1)
  assert.deepEqual(await said(), ofFull('Gyokuro'), 'the reply to the words is shown, its guesses are not')
  finish()
  await page.locator('main ul[aria-busy=false]').waitFor()
  assert.deepEqual(await said(), ofFull('Gyokuro harvest'))
  await field.pressSequentially(' "steeped', { delay: 15 })
  await page.locator('#query-fault').waitFor()
  assert.deepEqual(await said(), [], 'what cannot be read was read as nothing')
})

scene('other places, versions and mails stand one click behind a result', {}, async (page) => {
  await dress(page, (reply) => {
    const [hit] = reply.hits
    if (!hit) return
    const other = { document_id: hit.document_id, content_hash: hit.content_hash, path: hit.path, part: '' }
    const passage = { chunk_id: 'c2', heading_path: [hit.title, 'Brewing'], locator: { kind: 'lines', first: 7, last: 7 }, label: 'line 7', span: hit.span, segments: hit.segments }
    hit.more = [passage, { ...passage, chunk_id: 'c3', locator: { kind: 'lines', first: 9, last: 11 } }]
    hit.related = [
      { ...other, document_id: 'v2', title: 'Green tea, draft', date: '2025-06-01T00:00:00Z', relation: 'version' },
      { ...other, document_id: 'v1', title: 'Green tea, first', date: '2024-06-01T00:00:00Z', relation: 'version' },
      { ...other, title: 'Re: <i>tea</i>', date: '2024-05-01T00:00:00Z', relation: 'conversation' },
    ]
  })
  await searchFor(page, 'steeped')
  const first = page.getByRole('list', { name: 'Results' }).getByRole('listitem').first()
  await first.getByText('2 more places in this document').click()
  await first.getByText('2 other versions').click()
  await first.getByText('1 more mail of this conversation').click()
  // What is behind a line is made with the event that tells of its opening, a task after the click.
  await becomes(
    async () => (await first.locator('details a .place').allTextContents()).map((text) => text.replace(/\s+/g, ' ').trim()),
    ['line 7 · Brewing', 'lines 9–11 · Brewing', 'Green tea, draft · 1 Jun 2025', 'Green tea, first · 1 Jun 2024', 'Re: <i>tea</i> · 1 May 2024'],
  )
  assert.ok((await first.locator('#hit-0-more-0 mark').count()) > 0)
  assert.equal(await page.locator('.pane').count(), 0, 'opening what is behind opens no document')
  await accessible(page)
  await picture(page, 'behind a result')
  await first.locator('#hit-0-more-1').click()
  await page.locator('.pane mark').first().waitFor()
  assert.equal(await first.locator('#hit-0-more-1').getAttribute('aria-current'), 'true')
  await page.keyboard.press('Escape')
  await becomes(() => focused(page), 'hit-0-more-1')
  await first.locator('#hit-0-conversation-0').click()
  await page.getByRole('region', { name: 'Document' }).getByText('Green tea is').waitFor()
  assert.equal(await page.getByText('The passage is no longer in this document').count(), 0)
})

scene('what was found by its meaning has the nearest sentence marked, once somebody sees it', {}, async (page) => {
  const asked = []
  await dress(page, (reply, { typing }) => {
    const [hit] = reply.hits
    reply.hits = Array.from({ length: 20 }, (_, index) => ({
      ...hit,
      chunk_id: `chunk-${index}`,
      segments: [{ text: hit.text, mark: false }],
      scores: { keyword: null, semantic: typing ? null : 0.8, fused: 0.8 },
    }))
  })
  await page.route('**/api/v1/search/sentences', (route) => {
    const { query, chunks } = JSON.parse(route.request().postData() ?? '{}')
    asked.push({ query, chunks })
    const sentences = chunks.map((chunk_id) => ({ chunk_id, segments: [{ text: 'Before it. ', mark: false }, { text: `The nearest <b>sentence of ${chunk_id}.`, mark: true, kind: 'sentence' }] }))
    return route.fulfill({ json: { sentences } }).catch(() => undefined)
  })
  await searchFor(page, 'tea')
  const rows = page.getByRole('list', { name: 'Results' }).getByRole('listitem')
  const mark = (row) => rows.nth(row).locator('mark')
  await mark(0).waitFor()
  assert.deepEqual(await mark(0).allTextContents(), ['The nearest <b>sentence of chunk-0.'])
  assert.equal(await mark(0).evaluate((mark) => mark.classList.contains('sentence')), true)
  const chunks = () => asked.flatMap((one) => one.chunks)
  assert.ok(!chunks().includes('chunk-19'), 'what nobody sees is not asked about')
  await rows.nth(19).scrollIntoViewIfNeeded()
  await mark(19).waitFor()
  assert.ok(asked.every((one) => one.query === 'tea' && one.chunks.length <= 5), 'a few are asked about at once')
  assert.equal(new Set(chunks()).size, chunks().length, 'none is asked about twice')
  await accessible(page)
})

const explanation = {
  parts: [
    { name: 'words', value: 0.8, weight: 0.5, share: 0.4 }, { name: 'meaning', value: 0.9, weight: 0.3, share: 0.27 },
    { name: 'coverage', value: 1, weight: 0.1, share: 0.1 }, { name: 'recency', value: -0.05, weight: 1, share: -0.05 },
  ],
  terms: [
    { typed: 'steeped', how: 'exact', found: [{ field: 'text', term: 'steeped', count: 2 }], chunks: 1, share: 6 },
    { typed: '軟體', how: 'variant', found: [{ field: 'title', term: '软件', count: 1 }, { field: 'text', term: '软件', count: 1 }], chunks: null, share: 2 },
  ],
  notes: ['guaranteed', 'reranked'],
}

scene('why a result is where it is, in words, asked for once', {}, async (page) => {
  let asked = 0
  await dress(page, (reply, request) => {
    if (!request.explain) return
    asked++
    assert.equal(request.typing, undefined)
    for (const hit of reply.hits) hit.why = explanation
    reply.weighing = { semantic: 0.3, because: [{ feature: 'literal', by: -0.08 }, { feature: 'moon_phase', by: 0.02 }] }
    reply.timings = { keyword_us: 900, embed_us: 8000, vector_us: 3000, rerank_us: 40_000, total_us: 49_900 }
  })
  await searchFor(page, 'tea')
  assert.equal(asked, 0, 'nothing is explained unless somebody asks')
  const first = page.getByRole('list', { name: 'Results' }).getByRole('listitem').first()
  await first.locator('summary', { hasText: 'Why?' }).click()
  await first.getByText('72 of 100 points').waitFor()
  for (const text of [
    '40 points: met to 80%, counts for 50%', '5 points less for its age', 'as you typed it, in the text 2 times', 'as it is written in the other script or region',
    '75% of the words’ part', 'a rare word of your search exactly as typed', 'second, slower look', 'words count for 70%, meaning for 30%', 'words count 8 points more',
    'moon phase', 'understanding the search 8 ms', 'the second look 40 ms', 'all together 49.9 ms',
  ]) {
    assert.ok((await first.locator('.why').innerText()).replace(/\s+/g, ' ').includes(text), text)
  }
  assert.equal(await first.getByRole('img').getAttribute('aria-label'), 'Words 40, Meaning 27, Completeness 10, Age -5')
  assert.deepEqual(await first.locator('rect').evaluateAll((rects) => rects.map((rect) => Math.round(Number(rect.getAttribute('width'))))), [40, 27, 10, 5])
  assert.equal(Math.round(Number(await first.locator('rect').last().getAttribute('x'))), 72, 'what is taken away covers the end')
  await accessible(page)
  await picture(first, 'why')
  await page.locator('summary', { hasText: 'Why?' }).nth(1).click()
  await page.getByText('72 of 100 points').nth(1).waitFor()
  assert.equal(asked, 1, 'one request explains the whole list')
  await page.getByRole('switch', { name: 'Newest first among equals' }).click()
  await page.waitForURL(/recent=1/)
  await first.getByText('72 of 100 points').waitFor()
})

scene('the order and the grouping are switches, kept in the address', {}, async (page) => {
  const asked = []
  page.on('request', (request) => request.url().endsWith('/search') && asked.push(JSON.parse(request.postData() ?? '{}')))
  await searchFor(page, 'tea')
  const recent = page.getByRole('switch', { name: 'Newest first among equals' })
  const grouped = page.getByRole('switch', { name: 'One hit per document' })
  assert.deepEqual([await recent.getAttribute('aria-checked'), await grouped.getAttribute('aria-checked')], ['false', 'true'])
  assert.deepEqual([asked.at(-1).recent, asked.at(-1).grouped], [undefined, undefined])
  await recent.click()
  await grouped.click()
  await page.waitForURL(/recent=1&grouped=0/)
  await page.locator('main ul[aria-busy=false]').waitFor()
  await page.reload()
  await page.locator('main ul[aria-busy=false]').waitFor()
  assert.deepEqual([await recent.getAttribute('aria-checked'), await grouped.getAttribute('aria-checked')], ['true', 'false'])
  assert.deepEqual([asked.at(-1).recent, asked.at(-1).grouped, asked.at(-1).typing], [true, false, undefined])
  await comesIntoView(recent)
})
