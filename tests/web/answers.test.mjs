import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { answer, asked, citation, contradiction, cut, list, passages, pour, pouring, route } from './harness/answers.mjs'
import { accessible, becomes, focused, go, noSidewaysScroll, picture, scene } from './harness/page.mjs'

const phone = { width: 360, height: 740 }

async function ask(page, words = 'At what temperature is green tea steeped?', place = '#/ask') {
  await pouring(page)
  await go(page, place)
  await page.locator('#question').fill(words)
  await page.keyboard.press('Enter')
}

const finish = (page, value, more = {}) => pour(page, 'answer', { answer: value, conversation: null, receipt: null, ...more })
const aloud = (page) => page.locator('#aloud').textContent()
const top = (locator) => locator.evaluate((element) => element.getBoundingClientRect().top)

for (const viewport of [{ width: 1280, height: 860 }, phone]) {
  scene(`${viewport.width} wide: the first sentence is there at once, and the answer takes its place without a jump`, { viewport }, async (page) => {
    await ask(page)
    await pour(page, 'route', route('fact'))
    await pour(page, 'first', { citation: citation(1) })
    const first = page.locator('.first')
    await first.getByText('From your documents, while the model reads').waitFor()
    await becomes(() => aloud(page), /^From your documents, while the model reads: Steep green tea at 70 °C/)
    await pour(page, 'evidence', passages)
    await pour(page, 'reading', { done: 128, total: 412 })
    await page.getByText('Reading 128 of 412').waitFor()
    assert.match((await aloud(page)) ?? '', /^From your documents/, 'progress leaves time for the sentence to be heard')
    await accessible(page)
    await noSidewaysScroll(page)
    await picture(page, `first sentence ${viewport.width}`)
    await page.evaluate(() => {
      window.tops = new Set()
      const look = () => {
        const text = document.querySelector('.turn .text')
        if (text) window.tops.add(Math.round(text.getBoundingClientRect().top))
        requestAnimationFrame(look)
      }
      look()
    })
    const before = await top(first.locator('.text'))
    await pour(page, 'piece', { text: 'Green tea' })
    await page.locator('.draft').waitFor()
    await finish(page, answer())
    const text = page.locator('.answer .text')
    await text.waitFor()
    assert.ok(Math.abs((await top(text)) - before) < 1, 'the answer stands where the sentence stood')
    assert.equal((await page.evaluate(() => [...window.tops])).length, 1, 'nothing moved on the way')
    assert.equal(await page.locator('.first, .draft').count(), 0)
    await becomes(() => aloud(page), /^The answer is ready. Backed by passages. Green tea is steeped at 70 °C\.$/)
    await page.getByText('Searched 1,204 of 1,207 documents you may read; 3 files could not be searched; 2 pages have no readable text.').waitFor()
    await page.getByText('9 passages were found and not read; 30 sentences were not read, for want of room or because others fit better.').waitFor()
    await accessible(page)
    await noSidewaysScroll(page)
  })
}

scene('who waits sees how many come before, and what a model thinks is folded, apart from its answer', {}, async (page) => {
  await ask(page)
  await pour(page, 'route', route('fact'))
  await pour(page, 'waiting', { ahead: 2 })
  await page.getByText('Waiting for 2 other questions').waitFor()
  await pour(page, 'waiting', { ahead: 1 })
  await page.getByText('Waiting for 1 other question', { exact: true }).waitFor()
  await pour(page, 'evidence', passages)
  await pour(page, 'reading', { done: 128, total: 412 })
  await page.getByText('Reading 128 of 412').waitFor()
  await pour(page, 'thought', { text: 'Hm, 70 ' })
  await pour(page, 'thought', { text: '<b>or</b> 80?' })
  await page.getByText('Thinking', { exact: true }).waitFor()
  const thought = page.locator('.thought')
  assert.equal(await thought.locator('p').isVisible(), false, 'it is folded')
  await thought.locator('summary').click()
  await page.getByText('Hm, 70 <b>or</b> 80?').waitFor()
  await accessible(page)
  await noSidewaysScroll(page)
  await pour(page, 'piece', { text: 'Green tea' })
  await page.locator('.draft').waitFor()
  assert.equal(await page.locator('.draft').textContent(), 'Green tea')
  await finish(page, answer())
  const text = page.locator('.answer .text')
  await text.waitFor()
  assert.doesNotMatch((await text.textContent()) ?? '', /Hm, 70/)
})

scene('the source of the first sentence opens its document, by keyboard alone', { expectTrouble: /40[04]/ }, async (page) => {
  await ask(page)
  await pour(page, 'first', { citation: citation(1) })
  const mark = page.getByRole('link', { name: 'Passage 1: Green tea, line 1' })
  await mark.waitFor()
  await page.locator('h2').first().focus()
  for (let step = 0; step < 12 && !(await mark.evaluate((element) => element === document.activeElement)); step++) await page.keyboard.press('Tab')
  await page.getByRole('tooltip').getByText('Steep green tea at 70 °C.').waitFor()
  assert.equal(await mark.getAttribute('aria-describedby'), await page.getByRole('tooltip').getAttribute('id'))
  await page.keyboard.press('Escape')
  await page.getByRole('tooltip').waitFor({ state: 'detached' })
  await page.keyboard.press('Enter')
  await page.waitForURL(/doc=d1&at=0-5/)
  await page.getByRole('region', { name: 'Document' }).waitFor()
})

scene('how a question was taken is said, and it can be taken otherwise by keyboard', {}, async (page) => {
  await ask(page, 'And the mails of Anna?')
  await pour(page, 'route', route('list', { because: 'the mails', standalone: 'All mails of Anna about tea', query: 'type:mail from:anna' }))
  await page.getByText('Taken as a question for every document that fits, because of “\u2068the mails\u2069”').waitFor()
  await page.getByText('Asked as: \u2068All mails of Anna about tea\u2069').waitFor()
  await finish(page, list(3))
  const otherwise = page.getByRole('button', { name: 'Take it otherwise' })
  await otherwise.focus()
  await page.keyboard.press('Enter')
  const summary = page.getByRole('button', { name: 'As a summary: And the mails of Anna?' })
  await summary.waitFor()
  assert.equal(await page.getByRole('button', { name: /^As a list/ }).count(), 0, 'it is taken so already')
  await accessible(page)
  await picture(page, 'route and other ways')
  await summary.focus()
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => window.asked.length === 2)
  const requests = await asked(page)
  assert.equal(requests[0].as, undefined)
  assert.equal(requests[1].as, 'summary')
  assert.equal(requests[1].question, 'And the mails of Anna?')
  await becomes(() => focused(page), 'turn-1-asked')
  await pour(page, 'route', route('summary'))
  await page.getByText('Taken as a wish for a summary, as you chose').waitFor()
})

scene('what was walked for a list is a search', {}, async (page) => {
  await ask(page)
  await finish(page, list(3))
  await page.getByRole('link', { name: 'type:mail from:anna' }).click()
  await page.waitForURL((url) => new URLSearchParams(url.hash.split('?')[1]).get('q') === 'type:mail from:anna')
  await becomes(() => page.getByRole('combobox').inputValue(), 'type:mail from:anna')
})

for (const [name, options] of [['desktop', {}], ['phone', { viewport: phone }], ['phone in Chinese, dark', { viewport: phone, locale: 'zh-TW', colorScheme: 'dark' }], ['desktop in Simplified Chinese', { locale: 'zh-CN' }]]) {
  scene(`${name}: a list is a table with its numbers, dates and versions`, options, async (page) => {
    await ask(page)
    await finish(page, list(5))
    const table = page.getByRole('table')
    await table.waitFor()
    assert.equal(await table.getByRole('row').count(), 6)
    const second = table.getByRole('row').nth(2)
    assert.match((await second.textContent()) ?? '', /\[2\].*Re: Invoice.*王小明/)
    await page.getByText(/41.*1,204|1,204.*41/).first().waitFor()
    await noSidewaysScroll(page)
    await accessible(page)
    await second.getByRole('link').focus()
    await page.getByRole('tooltip').getByText('Quotation of mail 2.').waitFor()
    await picture(page, `list ${name}`)
    if (name === 'desktop') {
      assert.match((await second.textContent()) ?? '', /and 2 other versions/)
      await page.getByText('The first 5 are shown.').waitFor()
    }
    if (options.viewport) assert.ok(await second.locator('.under').isVisible(), 'who it is from stands below the title')
    assert.equal(await page.locator('html').getAttribute('lang'), options.locale === 'zh-TW' ? 'zh-Hant' : options.locale === 'zh-CN' ? 'zh-Hans' : 'en')
  })
}

for (const [name, options] of [['desktop', {}], ['phone in Chinese', { viewport: phone, locale: 'zh-TW' }]]) {
  scene(`${name}: where documents disagree, both values are shown with their dates, the newer first`, options, async (page) => {
    await ask(page)
    await finish(page, answer({ ...contradiction, grounding: 'partial', dropped: 2 }))
    const section = page.getByRole('region', { name: options.locale ? '您的文件說法不一' : 'Your documents disagree' })
    await section.waitFor()
    const sides = await section.getByRole('listitem').allTextContents()
    assert.equal(sides.length, 2)
    assert.match(sides[0] ?? '', /80 °C.*2025.*Green tea, 2025/s)
    assert.match(sides[1] ?? '', /70 °C.*2019.*Green tea, 2019/s)
    if (!options.locale) await page.getByText('2 sentences the model wrote are not in your documents and were left out.').waitFor()
    await noSidewaysScroll(page)
    await accessible(page)
    await picture(page, `disagreement ${name}`)
  })
}

scene('dates come with the citations: no document is asked for its own, and one kept without says so', {}, async (page) => {
  const documents = []
  page.on('request', (request) => request.url().includes('/api/v1/documents/') && documents.push(request.url()))
  await ask(page)
  const [older, newer] = contradiction.citations
  await finish(page, answer({ ...contradiction, citations: [{ ...older, date: undefined }, newer], route: route('fact') }))
  await page.locator('.when').first().getByText('2025').waitFor()
  await page.locator('.when').last().getByText('date unknown').waitFor()
  assert.deepEqual(documents, [])
})

scene('the three outcomes look different', {}, async (page) => {
  await ask(page)
  const signs = []
  for (const [grounding, words] of [['grounded', 'Backed by passages'], ['partial', 'Partly backed'], ['not_found', 'Not found']]) {
    await finish(page, answer({ grounding, ...(grounding === 'not_found' && { text: '', citations: [] }) }))
    const turn = page.locator('.turn').last()
    await turn.getByText(words, { exact: true }).waitFor()
    signs.push(await turn.locator('.grounding svg').innerHTML())
    await picture(turn, `outcome ${grounding}`)
    if (grounding === 'not_found') break
    await page.evaluate(() => (window.stream = undefined))
    await page.locator('#question').fill('Again?')
    await page.keyboard.press('Enter')
  }
  assert.equal(new Set(signs).size, 3)
})

scene('an answer is copied and saved as Markdown with its passages, and its receipt is saved', { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
  await ask(page, 'How hot?')
  await page.route('**/api/v1/receipts/ab12', (route) => route.fulfill({ json: { id: 'ab12' }, headers: { 'Content-Disposition': 'attachment; filename="r.json"' } }))
  await finish(page, answer(), { receipt: 'ab12' })
  await page.getByRole('button', { name: /^Copy the answer as Markdown/ }).click()
  await page.getByText('Copied with its passages').waitFor()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  assert.match(copied, /^## How hot\?\n\nGreen tea is steeped at 70 °C\. \[1\]\n\n\[1\] \*\*Green tea\*\*, line 1, `\/home\/ada\/notes\/d1\.md`\n\n> Steep green tea at 70 °C\./)
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /^Save the answer as Markdown/ }).click()])
  assert.equal(file.suggestedFilename(), 'How hot.md')
  assert.equal(readFileSync(await file.path(), 'utf8'), copied)
  const receipt = page.getByRole('link', { name: /receipt/i })
  assert.equal(await receipt.getAttribute('href'), '/api/v1/receipts/ab12')
  assert.equal(await receipt.getAttribute('download'), 'receipt-ab12.json')
})

scene('progress is said aloud at most every few seconds', {}, async (page) => {
  await ask(page)
  await pour(page, 'first', { citation: citation(1) })
  await page.evaluate(() => {
    window.heard = []
    const aloud = document.querySelector('#aloud')
    new MutationObserver(() => window.heard.push({ text: aloud.textContent, at: Date.now() })).observe(aloud, { subtree: true, childList: true, characterData: true })
  })
  for (let done = 0; done <= 26; done++) {
    await pour(page, 'reading', { done, total: 26 })
    await page.waitForTimeout(250)
  }
  const heard = await page.evaluate(() => window.heard)
  assert.match(heard.at(-1)?.text ?? '', /^Reading, \d+%$/)
  // However long a busy machine took over them all.
  heard.forEach(({ at }, index) => assert.ok(index === 0 || at - heard[index - 1].at > 4000, JSON.stringify(heard)))
})

scene('when the connection breaks, what came stays, and an answer that was finished meanwhile is fetched', { expectTrouble: /ERR_|Failed to fetch/ }, async (page) => {
  const kept = { id: 'k1', title: 'q', updated: '2999-01-01T00:00:00Z', turns: 1 }
  let ready = false
  await page.route('**/api/v1/conversations', (route) => route.fulfill({ json: { conversations: ready ? [kept] : [] } }))
  await page.route('**/api/v1/conversations/k1', (route) =>
    route.fulfill({ json: { ...kept, turns: [{ asked: '2999-01-01T00:00:00Z', question: 'How hot?', answer: answer(), receipt: 'r' }] } }),
  )
  await ask(page, 'How hot?')
  await pour(page, 'first', { citation: citation(1) })
  await page.locator('.first').waitFor()
  await page.locator('#question').fill('my next question')
  // The program is not to be reached for a while; otherwise the question would be asked again at once.
  await page.route('**/api/v1/events', (route) => route.abort('connectionrefused'))
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await page.locator('.banner').getByText('Rushlight does not answer.').waitFor()
  await cut(page)
  await page.getByText('The connection broke before the answer was finished. Your question is kept.').waitFor()
  await page.locator('.first').getByText('Steep green tea').waitFor()
  assert.equal(await page.locator('#question').inputValue(), 'my next question')
  await page.getByRole('button', { name: 'Try again' }).waitFor()
  await accessible(page)
  await picture(page, 'connection broken')
  ready = true
  await page.unroute('**/api/v1/events')
  await page.locator('.answer .text').waitFor({ timeout: 60_000 })
  await page.waitForURL(/c=k1/)
  assert.equal(await page.locator('#question').inputValue(), 'my next question')
})

scene('a question that was not answered when the page was left comes back, and so does what was typed', {}, async (page) => {
  await ask(page, 'Where is the kettle?')
  await page.waitForFunction(() => window.asked.length === 1)
  await page.reload()
  await page.getByText('This question had no answer yet when the page was left.').waitFor()
  await becomes(() => page.locator('#question').inputValue(), 'Where is the kettle?')
  await page.locator('#question').fill('Where is the old kettle?')
  await go(page, '#/library')
  await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor()
  await page.reload()
  await go(page, '#/ask')
  await page.waitForFunction(() => document.querySelector('#question')?.value === 'Where is the old kettle?')
})

scene('nothing of a hostile first sentence, route, table or disagreement runs or turns around', {}, async (page) => {
  const bad = '<img src=x onerror="window.hostile=1">\u202Egpj.exe'
  await ask(page, 'x')
  const hostile = route('list', {
    because: bad, standalone: bad, translated: bad, query: `${bad} javascript:window.hostile=1`,
    documents: [{ document_id: 'javascript:window.hostile=1', content_hash: 'h', title: bad, path: bad, date: bad }],
  })
  const cited = citation(1, { title: bad, quote: `<script>window.hostile=1</script> ${bad}`, id: '"><img src=x onerror=window.hostile=1>' })
  await pour(page, 'route', hostile)
  await pour(page, 'first', { citation: cited })
  const nothing = async () => {
    assert.equal(await page.locator('main').locator('img, iframe, script, b, [onerror], a[href^="javascript:" i]').count(), 0)
    for (const where of ['.route', '.whence', '.list', '.notice', '.conversations']) {
      const texts = await page.locator(where).allTextContents()
      assert.ok(!texts.join('').includes('\u202E'), `${where} may not turn around`)
    }
    for (const link of await page.locator('.turn a').all()) assert.match((await link.getAttribute('href')) ?? '', /^(#\/|\/api\/v1\/receipts\/)/)
  }
  await page.locator('.first').getByText('<script>window.hostile=1</script>').waitFor()
  await nothing()
  await finish(page, answer({
    text: `${bad} [1]`, citations: [cited], route: hostile, disagreements: [{ citations: [1], values: [bad] }],
    table: { rows: [{ citation: 1, title: bad, from: bad, date: bad, versions: 1 }], total: 1, walked: 1 },
  }), { receipt: '../../<b>' })
  await page.getByRole('table').waitFor()
  await nothing()
  await page.getByRole('table').getByRole('link').hover()
  await page.getByRole('tooltip').waitFor()
  assert.equal(await page.locator('.tip').locator('img, script').count(), 0)
  await noSidewaysScroll(page)
  await picture(page, 'hostile answer')
})
