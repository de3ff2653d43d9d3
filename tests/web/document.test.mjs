import assert from 'node:assert/strict'
import { accessible, go, picture, scene, searchFor } from './harness/page.mjs'

scene('a result opens its document beside the results, and alone', {}, async (page, opened) => {
  await searchFor(page, 'steeped')
  await page.getByRole('link', { name: /Green tea/ }).first().click()
  const pane = page.getByRole('region', { name: 'Document' })
  await pane.getByText('The passage is marked.').waitFor()
  assert.match((await pane.locator('mark').allTextContents()).join(''), /Green tea is steeped at 70 °C/)
  assert.equal(await page.locator('.name a[aria-current]').count(), 1)
  const marked = await pane.locator('mark').allTextContents()
  await page.waitForURL(/#\/search\?q=steeped&doc=[^&]+&at=\d+-\d+$/)
  const elsewhere = await opened.newPage()
  await elsewhere.goto(page.url())
  await elsewhere.locator('.pane mark').first().waitFor()
  assert.deepEqual(await elsewhere.locator('.pane mark').allTextContents(), marked, 'the address alone marks the passage')
  await elsewhere.close()
  await accessible(page)
  await picture(page, 'search document')
  await pane.getByRole('link', { name: 'Open alone' }).click()
  await page.waitForURL(/#\/doc\//)
  await page.getByRole('heading', { level: 1, name: 'Green tea' }).waitFor()
  await accessible(page)
  await page.goBack()
  await page.getByRole('combobox').waitFor()
})

scene('a document that is gone is said to be gone', { expectTrouble: /40[04]/ }, async (page) => {
  await go(page, '#/doc/nothing-has-this-id')
  await page.getByRole('alert').waitFor()
  await accessible(page)
})

scene('on a phone the document covers the page, and closing gives it back', { viewport: { width: 360, height: 740 }, hasTouch: true }, async (page) => {
  await searchFor(page, 'steeped')
  await page.getByRole('link', { name: /Green tea/ }).first().tap()
  const pane = page.getByRole('region', { name: 'Document' })
  await pane.locator('mark').first().waitFor()
  assert.equal(await page.locator('main').evaluate((main) => main.inert), true)
  await picture(page, 'phone document')
  await pane.getByRole('button', { name: 'Close the document' }).click()
  await page.getByRole('combobox').waitFor()
  assert.equal(await page.locator('main').evaluate((main) => main.inert), false)
})
