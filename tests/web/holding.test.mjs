// What was typed and what was answered outlasts the page, the connection and the program.

import assert from 'node:assert/strict'
import { after } from 'node:test'
import { answer, asked, citation, cut, pour, pouring } from './harness/answers.mjs'
import { accessible, becomes, go, noSidewaysScroll, origin, patience, picture, scene, searchFor, withoutAnswers } from './harness/page.mjs'
import { startServer } from './harness/server.mjs'

const question = 'At what temperature is green tea steeped?'
const broken = /ERR_|Failed to fetch/
const banner = (page) => page.locator('.banner').getByText('Rushlight does not answer.')
const typed = (page) => page.getByRole('combobox').inputValue()

/** As closing the page and opening it again by its plain address: nothing of it is left but what the browser keeps. */
async function reopen(page, at = origin) {
  await page.goto('about:blank')
  await page.goto(`${at}/`)
}

async function answered(page) {
  await go(page, '#/ask')
  await page.locator('#question').fill(question)
  await page.keyboard.press('Enter')
  await page.locator('.answer .text').waitFor({ timeout: patience })
  await page.waitForURL(/#\/ask\?c=/)
  return page.locator('.answer .text').first().textContent()
}

scene('the page opened again goes on with the search it was left with', {}, async (page) => {
  await searchFor(page, 'green tea')
  await page.locator('main .name a').first().click()
  await page.locator('.pane mark').first().waitFor()
  await reopen(page)
  await page.locator('main .name a').first().waitFor()
  assert.equal(await typed(page), 'green tea')
  await page.locator('main ul mark').first().waitFor()
  assert.equal(await page.locator('.pane').count(), 0, 'a document that may be gone is not opened')
  await page.getByRole('combobox').fill('')
  await page.waitForURL(/#\/search$/)
  await reopen(page)
  await page.getByText('Type to search').waitFor()
  assert.equal(await typed(page), '')
})

scene('a draft of a question is there again, and so is the place', {}, async (page) => {
  await go(page, '#/ask')
  await page.locator('#question').fill('How long may the kettle')
  await reopen(page)
  await page.getByRole('heading', { level: 1, name: 'Ask' }).waitFor()
  await becomes(() => page.locator('#question').inputValue(), 'How long may the kettle')
})

scene('what was answered is there again, with the next question as far as it was typed', { skip: withoutAnswers }, async (page) => {
  const text = await answered(page)
  await page.locator('#question').fill('And black')
  await reopen(page)
  await page.locator('.answer .text').waitFor()
  assert.equal(await page.locator('.answer .text').textContent(), text)
  await becomes(() => page.locator('#question').inputValue(), 'And black')
  await picture(page, 'opened again')
})

scene('ten seconds without a connection: said calmly, nothing typed is lost, and the search goes on by itself', { expectTrouble: broken }, async (page, context) => {
  await searchFor(page, 'tea')
  const before = await page.locator('main .name a').allTextContents()
  const begun = Date.now()
  await context.setOffline(true)
  await page.waitForTimeout(1500)
  assert.deepEqual(await page.locator('main .name a').allTextContents(), before, 'what was found stays')
  await page.getByRole('combobox').pressSequentially(' green', { delay: 60 })
  await banner(page).waitFor()
  await page.getByText('This page connects again by itself.').waitFor()
  assert.equal(await page.getByRole('dialog').count(), 0)
  await accessible(page)
  await noSidewaysScroll(page)
  await picture(page, 'without a connection')
  await page.waitForTimeout(Math.max(0, 10_000 - (Date.now() - begun)))
  assert.equal(await typed(page), 'tea green')
  await context.setOffline(false)
  await page.locator('.banner').waitFor({ state: 'detached', timeout: 30_000 })
  await page.locator('main ul[aria-busy=false] .name a').first().waitFor()
  await becomes(() => page.getByRole('alert').count(), 0, 'nobody has to try again')
  assert.equal(await typed(page), 'tea green')
})

scene('a document that could not be fetched comes when the connection is back', { expectTrouble: broken }, async (page, context) => {
  await searchFor(page, 'tea')
  await context.setOffline(true)
  await page.locator('main .name a').first().click()
  await page.locator('.pane').getByRole('alert').waitFor()
  await banner(page).waitFor()
  await context.setOffline(false)
  await page.locator('.pane mark').first().waitFor({ timeout: 30_000 })
  await becomes(() => page.locator('.pane').getByRole('alert').count(), 0)
})

scene('a question whose connection broke is asked again when it is back, once, and what was answered and typed stays', { expectTrouble: broken }, async (page, context) => {
  await pouring(page)
  const turns = page.locator('.turn')
  const ask = async (words) => {
    await page.evaluate(() => (window.stream = undefined))
    await page.locator('#question').fill(words)
    await page.keyboard.press('Enter')
  }
  await go(page, '#/ask')
  await ask(question)
  await pour(page, 'answer', { answer: answer(), conversation: null, receipt: null })
  await turns.nth(0).locator('.answer').waitFor()
  await ask('What is in the garden?')
  await pour(page, 'first', { citation: citation(1) })
  await page.locator('#question').fill('my next question')
  await context.setOffline(true)
  await cut(page)
  await page.getByText('The connection broke before the answer was finished. Your question is kept.').waitFor()
  await banner(page).waitFor()
  await turns.nth(1).locator('.first').getByText('Steep green tea').waitFor()
  await accessible(page)
  await picture(page, 'a question without a connection')
  await page.evaluate(() => (window.stream = undefined))
  await context.setOffline(false)
  await page.waitForFunction(() => window.asked.length === 3, null, { timeout: 30_000 })
  assert.equal((await asked(page))[2].question, 'What is in the garden?')
  await context.setOffline(true)
  await cut(page)
  await banner(page).waitFor()
  await context.setOffline(false)
  await page.locator('.banner').waitFor({ state: 'detached', timeout: 30_000 })
  await page.waitForTimeout(500)
  assert.equal((await asked(page)).length, 3, 'not over and over')
  await page.evaluate(() => (window.stream = undefined))
  await page.getByRole('button', { name: 'Try again' }).click()
  await pour(page, 'answer', { answer: answer({ text: 'Beans. [1]' }), conversation: null, receipt: null })
  await page.locator('.answer', { hasText: 'Beans.' }).waitFor()
  assert.match((await turns.nth(0).locator('.answer .text').textContent()) ?? '', /Green tea is steeped at 70 °C/)
  assert.equal(await page.locator('#question').inputValue(), 'my next question')
})

// A program of its own, to be ended and started again.
let own
const skip = process.env.RUSHLIGHT_BIN ? false : 'the stand-in forgets everything when it ends: RUSHLIGHT_BIN is not set'
const at = async () => (own ??= await startServer()).link
after(() => own?.stop())

for (const signal of ['SIGTERM', 'SIGKILL']) {
  scene(`the program ends by ${signal} and starts again, and the open page goes on`, { skip, at, expectTrouble: broken }, async (page) => {
    await go(page, '#/ask')
    await page.locator('#question').fill('How long may the kettle')
    await go(page, '#/search')
    await searchFor(page, 'tea')
    const names = () => page.locator('main .name a').allTextContents()
    const before = await names()
    await own.end(signal)
    await banner(page).waitFor({ timeout: 30_000 })
    assert.deepEqual(await names(), before)
    await page.getByRole('combobox').pressSequentially(' green', { delay: 60 })
    await page.getByRole('alert').waitFor()
    await own.again()
    await page.locator('.banner').waitFor({ state: 'detached', timeout: 60_000 })
    await page.locator('main ul[aria-busy=false] .name a').first().waitFor({ timeout: 60_000 })
    assert.equal(await typed(page), 'tea green')
    await page.locator('main .name a').first().click()
    await page.locator('.pane mark').first().waitFor()
    await go(page, '#/ask')
    await becomes(() => page.locator('#question').inputValue(), 'How long may the kettle')
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Ask' }).waitFor()
  })
}

scene('an answer outlasts the program, and a question that it was stopped at is answered by the next', { skip: skip || withoutAnswers, at, expectTrouble: broken }, async (page) => {
  const first = await answered(page)
  await page.locator('#question').fill('What is in the garden?')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Stop' }).waitFor()
  await own.end('SIGTERM')
  await banner(page).waitFor({ timeout: 30_000 })
  await own.again()
  await page.waitForFunction(() => document.querySelectorAll('.turn .answer').length === 2, null, { timeout: patience })
  assert.equal(await page.locator('.answer .text').first().textContent(), first)
  await reopen(page, new URL(own.link).origin)
  await page.waitForFunction(() => document.querySelectorAll('.turn .answer').length === 2)
  assert.equal(await page.locator('.answer .text').first().textContent(), first)
})
