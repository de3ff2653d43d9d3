import assert from 'node:assert/strict'
import { accessible, folders, go, picture, scene, searchFor } from './harness/page.mjs'

scene('the link leaves no token in the address, and the search has the focus', {}, async (page) => {
  await page.getByText('Type to search').waitFor()
  assert.ok(!page.url().includes('token'))
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'query')
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
  assert.equal(await page.getByRole('searchbox').inputValue(), 'steeped')
  await accessible(page)
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
  const field = page.getByRole('searchbox')
  await field.fill('compost')
  await page.waitForTimeout(400)
  await field.fill('Gyokuro')
  await page.locator('mark', { hasText: 'Gyokuro' }).first().waitFor()
  await page.waitForTimeout(1500)
  assert.equal(slow, 1)
  assert.equal(await page.locator('mark', { hasText: 'compost' }).count(), 0)
})

scene('the keyboard is enough: slash, arrows, Enter, Escape', {}, async (page) => {
  await go(page, '#/search')
  await page.getByRole('button', { name: 'Settings' }).focus()
  await page.keyboard.press('/')
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'query')
  await searchFor(page, 'tea')
  const focused = () => page.evaluate(() => document.activeElement?.id)
  await page.keyboard.press('ArrowDown')
  assert.equal(await focused(), 'hit-0')
  await page.keyboard.press('ArrowDown')
  assert.equal(await focused(), 'hit-1')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowUp')
  assert.equal(await focused(), 'query')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const pane = page.getByRole('region', { name: 'Document' })
  await pane.locator('mark').first().waitFor()
  await page.keyboard.press('Escape')
  await pane.waitFor({ state: 'detached' })
  assert.equal(await focused(), 'hit-0')
  await page.goBack()
  await pane.waitFor()
})

scene('spaces and kinds narrow the search, and can be cleared when nothing is left', {}, async (page) => {
  await searchFor(page, 'Gyokuro')
  const kinds = page.getByRole('group', { name: 'Kinds' })
  await kinds.getByRole('button', { name: 'Table' }).click()
  await page.waitForURL(/kind=table/)
  await page.getByRole('link', { name: /prices/ }).first().waitFor()
  await page.getByRole('link', { name: /Green tea/ }).first().waitFor({ state: 'detached' })
  await kinds.getByRole('button', { name: 'Table' }).click()
  await kinds.getByRole('button', { name: 'PDF' }).click()
  await page.getByText('Nothing found for “Gyokuro”').waitFor()
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await page.getByRole('link', { name: /Green tea/ }).first().waitFor()
  await page.getByRole('group', { name: 'Spaces' }).getByRole('button', { name: 'outside' }).click()
  await page.waitForURL(/space=outside/)
  await page.getByRole('link', { name: /Green tea/ }).first().waitFor({ state: 'detached' })
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
  await page.getByRole('searchbox').fill('broken')
  await page.getByRole('alert').getByText('The search does not answer').waitFor()
  assert.equal(await page.getByRole('alert').locator('code').textContent(), 'rushlight doctor')
  await accessible(page)
})

scene('signs that are being composed are not searched for', {}, async (page) => {
  const asked = []
  page.on('request', (request) => request.url().endsWith('/search') && asked.push(JSON.parse(request.postData() ?? '{}').query))
  const client = await page.context().newCDPSession(page)
  await page.getByRole('searchbox').focus()
  await client.send('Input.imeSetComposition', { text: 'ㄅㄠˋ', selectionStart: 3, selectionEnd: 3 })
  await page.waitForTimeout(300)
  await client.send('Input.insertText', { text: '報銷' })
  await page.getByRole('list', { name: 'Results' }).waitFor()
  assert.deepEqual(asked, ['報銷'])
})

scene('the path of a result is that of its file', {}, async (page) => {
  await searchFor(page, 'Hendersons')
  await page.getByText(`${folders.notes}/garden.md`).waitFor()
})
