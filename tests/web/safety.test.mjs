import assert from 'node:assert/strict'
import { accessible, go, link, origin, picture, scene, searchFor } from './harness/page.mjs'

scene('a hostile note is shown as text and runs nothing', {}, async (page) => {
  await searchFor(page, 'zanzibar')
  const results = page.getByRole('list', { name: 'Results' })
  await results.getByText('<script>window.hostile=1</script>').waitFor()
  const inside = 'img, iframe, style, script, [onerror], [onload], a[href^="javascript:" i]'
  assert.equal(await page.locator('main').locator(inside).count(), 0)
  assert.ok(!(await page.locator('main').textContent())?.includes('\u202Efdp.md'), 'a name may not turn around')
  const count = await results.getByRole('listitem').count()
  assert.ok(count >= 3)
  for (let index = 0; index < Math.min(count, 6); index++) {
    await page.locator(`#hit-${index}`).click()
    await page.locator('.pane mark').first().waitFor()
    await page.waitForTimeout(100)
    assert.equal(await page.locator('.pane').locator(inside).count(), 0)
    assert.deepEqual(await page.locator('.pane .text a:not([href^="#/"])').count(), 0, 'a document leads nowhere but to other documents')
  }
  await picture(page, 'hostile')
})

scene('a hostile answer is shown as text with marks only', {}, async (page) => {
  const citation = {
    number: 1, document_id: 'd', content_hash: 'h', title: '<img src=x onerror=window.hostile=1>', path: '/n', part: '', space: 'personal',
    locator: { kind: 'lines', first: 1, last: 1 }, label: 'line 1', quote: '<script>window.hostile=1</script>', span: { start: 0, end: 5 },
  }
  const answer = {
    text: '![x](http://192.0.2.1/leak.png) <img src=http://192.0.2.1/x onerror=window.hostile=1> [1](javascript:window.hostile=1) https://192.0.2.1/ [2] **bold**',
    grounding: 'grounded', citations: [citation], closest: [], answerable: 1, model: 'm', generation: null,
    coverage: { documents: 1, documents_by_meaning: 1, files_not_searched: 0, unreadable_pages: 0, spaces: ['<b>'] },
  }
  const body = `event: piece\ndata: ${JSON.stringify({ text: answer.text })}\n\nevent: answer\ndata: ${JSON.stringify({ answer, conversation: null })}\n\n`
  await page.route('**/api/v1/ask', (route) => route.fulfill({ status: 200, contentType: 'text/event-stream', body }))
  await go(page, '#/ask')
  await page.getByRole('textbox').fill('x')
  await page.keyboard.press('Enter')
  const text = page.locator('.answer .text')
  await text.waitFor()
  assert.equal((await text.textContent())?.trim(), answer.text)
  assert.equal(await text.locator('a').count(), 1)
  assert.equal(await text.locator('img, b, strong, script').count(), 0)
  assert.match((await text.locator('a').getAttribute('href')) ?? '', /^#\//)
})

scene('without the token the page says how to open it', { token: false, expectTrouble: /401/ }, async (page) => {
  const reply = await page.goto(`${origin}/`)
  if (reply?.status() === 200) {
    await page.getByRole('heading', { name: 'This page needs its link' }).waitFor()
    await accessible(page)
  } else {
    assert.equal(reply?.status(), 401)
  }
})

scene('a session that ends is said on every place', { expectTrouble: /401/ }, async (page, context) => {
  await page.getByText('Type to search').waitFor()
  await context.clearCookies()
  await page.getByRole('combobox').fill('tea')
  await page.getByRole('heading', { name: 'This page needs its link' }).waitFor()
  await picture(page, 'unauthorized')
})

scene('a server that went away is said, and found again by itself', { expectTrouble: /ERR_|Failed to fetch/ }, async (page) => {
  await page.getByText('Type to search').waitFor()
  await page.route('**/api/v1/**', (route) => route.abort('connectionrefused'))
  await page.getByRole('combobox').fill('tea')
  await page.locator('.banner').getByText('Rushlight does not answer.').waitFor()
  await accessible(page)
  await picture(page, 'offline')
  await page.unroute('**/api/v1/**')
  await page.locator('.banner').waitFor({ state: 'detached', timeout: 30_000 })
})

scene('the page comes with its policy, and no token stays in its address or its scripts’ reach', {}, async (page, context) => {
  const reply = await page.reload()
  const policy = reply?.headers()['content-security-policy'] ?? ''
  for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]) assert.ok(policy.includes(rule), rule)
  assert.equal(await page.evaluate(() => document.cookie), '')
  const token = new URL(link).searchParams.get('token') ?? ''
  assert.ok(!page.url().includes(token))
  const cookie = (await context.cookies()).find((one) => one.name === 'rushlight_session')
  assert.equal(cookie?.httpOnly, true)
  assert.equal(cookie?.sameSite, 'Strict')
})
