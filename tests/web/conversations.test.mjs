import assert from 'node:assert/strict'
import { accessible, becomes, go, noSidewaysScroll, picture, scene } from './harness/page.mjs'

const phone = { width: 360, height: 740 }

/** A few kept conversations that live in the scene; what is done to them is noted. */
async function keeping(page) {
  const kept = [
    { id: 'a', title: 'Where are the minutes of the spring meeting of the garden committee, and who wrote them?', updated: '2026-03-01T09:00:00Z', turns: 2 },
    { id: 'b', title: '<img src=x onerror=window.hostile=1> \u202Egreen tea', updated: '2026-02-01T09:00:00Z', turns: 1 },
  ]
  const done = []
  await page.route('**/api/v1/conversations**', async (route) => {
    const url = new URL(route.request().url())
    const id = url.pathname.split('/')[4]
    const method = route.request().method()
    const one = kept.find((each) => each.id === id)
    if (!id) {
      const words = url.searchParams.get('q')
      if (words) done.push(`search ${words}`)
      return route.fulfill({ json: { conversations: kept.filter((each) => !words || each.title.includes(words)) } })
    }
    done.push(`${method} ${id}`)
    if (method === 'PATCH') {
      one.title = route.request().postDataJSON().title
      return route.fulfill({ json: one })
    }
    if (method === 'DELETE') {
      kept.splice(kept.indexOf(one), 1)
      return route.fulfill({ status: 204 })
    }
    return route.fulfill({ json: { ...one, turns: [] } })
  })
  await go(page, '#/ask')
  await page.getByRole('heading', { name: 'Conversations' }).waitFor()
  return done
}

scene('conversations are searched, renamed, saved and deleted, by keyboard alone', {}, async (page) => {
  const done = await keeping(page)
  const section = page.getByRole('region', { name: 'Conversations' })
  await section.getByRole('searchbox', { name: 'Search in conversations' }).focus()
  await page.keyboard.type('minutes')
  await page.waitForFunction(() => document.querySelectorAll('.conversations li').length === 1)
  await becomes(() => done.includes('search minutes'), true)
  const more = section.getByRole('button', { name: /^More for “Where are the minutes/ })
  await more.focus()
  await page.keyboard.press('Enter')
  assert.equal(await more.getAttribute('aria-expanded'), 'true')
  assert.equal(await section.getByRole('link', { name: 'Save as Markdown' }).getAttribute('href'), '/api/v1/conversations/a/export?format=markdown')
  assert.equal(await section.getByRole('link', { name: 'Save as JSON' }).getAttribute('href'), '/api/v1/conversations/a/export?format=json')
  await accessible(page)
  await picture(page, 'conversations')
  await section.getByRole('button', { name: 'Rename' }).focus()
  await page.keyboard.press('Enter')
  const title = section.getByRole('textbox', { name: 'New title' })
  await page.waitForFunction(() => document.activeElement?.id === 'new-title')
  await page.keyboard.press('Escape')
  await title.waitFor({ state: 'detached' })
  await page.waitForFunction(() => document.activeElement?.id === 'deeds-a')
  await section.getByRole('button', { name: 'Rename' }).click()
  await title.fill('The minutes of spring')
  await accessible(page)
  await page.keyboard.press('Enter')
  await section.getByText('The minutes of spring').waitFor()
  assert.ok(done.includes('PATCH a'))
  await section.getByRole('button', { name: 'Delete “The minutes of spring”' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByText('The minutes of spring').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.ok(!done.includes('DELETE a'))
  await section.getByRole('button', { name: 'Delete “The minutes of spring”' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await section.getByText('No conversation has').waitFor()
  assert.ok(done.includes('DELETE a'))
})

scene('on a phone conversations fit, and a title is text', { viewport: phone }, async (page) => {
  await keeping(page)
  const more = page.locator('.conversations').getByRole('button', { name: /^More for/ })
  await more.nth(1).click()
  await page.getByRole('link', { name: 'Save as JSON' }).waitFor()
  assert.equal(await page.locator('.conversations img').count(), 0)
  assert.ok(!(await page.locator('.conversations').textContent())?.includes('\u202E'))
  await noSidewaysScroll(page)
  await accessible(page)
  await page.locator('.conversations').scrollIntoViewIfNeeded()
  await picture(page, 'conversations phone')
})

scene('what cannot be kept is said', { expectTrouble: /503/ }, async (page) => {
  await keeping(page)
  await page.route('**/api/v1/conversations/a', (route) => route.fulfill({ status: 503, json: { error: { code: 'disk_full', message: 'no space', hint: '' } } }))
  await page.getByRole('button', { name: /^More for “Where/ }).click()
  await page.getByRole('button', { name: 'Rename' }).click()
  await page.locator('#new-title').fill('Other')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('The disk is full').waitFor()
})
