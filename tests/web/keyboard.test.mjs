// Every place and what can be done there, without a mouse.

import assert from 'node:assert/strict'
import { answer, citation, pour, pouring, route } from './harness/answers.mjs'
import { becomes, focused, folders, hasFocus, patience, scene, suggesting } from './harness/page.mjs'

const has = (locator) => hasFocus(locator).catch(() => false)
const gets = (locator, message) => becomes(() => has(locator), true, message)

/** Presses Tab until `locator` has the focus. */
async function tabTo(page, locator, key = 'Tab') {
  for (let step = 0; step < 80; step++) {
    if (await has(locator)) return
    await page.keyboard.press(key)
  }
  assert.fail(`Tab does not lead to ${locator}`)
}

async function goTo(page, words) {
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').waitFor()
  await page.keyboard.type(words)
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

scene('search, filters, help, results and their document', {}, async (page) => {
  // They would take the arrows whenever they come.
  await suggesting(page, () => [])
  await becomes(() => focused(page), 'query')
  await page.keyboard.type('tea')
  await page.locator('main ul[aria-busy=false] .name a').first().waitFor()
  await tabTo(page, page.locator('button[aria-controls=query-help]'))
  await page.keyboard.press('Enter')
  await page.locator('#query-help').getByRole('heading', { name: 'How to search' }).waitFor()
  await page.keyboard.press('Enter')
  await page.keyboard.press('/')
  // The slash takes the focus from the button to the field, and marks what stands there.
  await gets(page.locator('#query'))
  await page.keyboard.press('ArrowDown')
  const first = page.locator('#hit-0')
  await gets(first)
  await page.keyboard.press('End')
  await page.keyboard.press('Home')
  await gets(first)
  await page.keyboard.press('Enter')
  const pane = page.getByRole('region', { name: 'Document' })
  await pane.locator('mark').first().waitFor()
  await tabTo(page, pane.getByRole('button', { name: 'Copy the path' }))
  await page.keyboard.press('Escape')
  await pane.waitFor({ state: 'detached' })
  await gets(first, 'back at the result')
})

scene('a question, its answer, its source, and back', { expectTrouble: /40[04]/ }, async (page) => {
  await pouring(page)
  await goTo(page, 'ask')
  await page.waitForFunction(() => document.activeElement?.id === 'question')
  await page.keyboard.type('How hot')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('is it?')
  await page.keyboard.press('Enter')
  await pour(page, 'route', route('fact'))
  await pour(page, 'answer', { answer: answer({ citations: [citation(1)] }), conversation: null, receipt: 'ab12' })
  await page.locator('.answer').waitFor()
  const mark = page.locator('.answer .text a').first()
  await page.locator('.turn h2').first().evaluate((element) => element.focus())
  await tabTo(page, mark)
  await page.keyboard.press('Enter')
  const pane = page.getByRole('region', { name: 'Document' })
  await pane.waitFor()
  await pane.getByRole('alert').waitFor()
  await page.keyboard.press('Escape')
  await pane.waitFor({ state: 'detached' })
  await gets(mark, 'back at the mark')
  await tabTo(page, page.getByRole('button', { name: /^Copy the answer as Markdown/ }))
  await tabTo(page, page.locator('#question'))
  await tabTo(page, page.getByRole('button', { name: 'New question' }), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await page.locator('.turn').waitFor({ state: 'detached' })
  await page.waitForFunction(() => document.activeElement?.id === 'question')
})

scene('the Library: a folder is scanned, paused and kept, and one is added and removed', {}, async (page) => {
  await goTo(page, 'library')
  const name = folders.notes
  await tabTo(page, page.getByRole('button', { name: `Scan now: ${name}` }))
  await page.keyboard.press('Enter')
  await page.getByText('is being looked at').waitFor()
  await goTo(page, 'add a folder')
  await page.waitForFunction(() => document.activeElement?.closest('[aria-labelledby=add-folder]'))
  await tabTo(page, page.getByLabel('Path of the folder'))
  await page.keyboard.type(folders.more)
  await tabTo(page, page.getByRole('button', { name: 'Add and index' }))
  await page.keyboard.press('Enter')
  await page.getByText(`${folders.more} was added.`).waitFor()
  const remove = page.getByRole('button', { name: `Remove: ${folders.more}` })
  await remove.waitFor({ timeout: patience })
  await page.locator('main').evaluate((element) => element.focus())
  await tabTo(page, remove)
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await gets(remove, 'the focus is back')
  await page.keyboard.press('Enter')
  await tabTo(page, page.getByRole('dialog').getByRole('button', { name: 'Remove' }))
  await page.keyboard.press('Enter')
  await remove.waitFor({ state: 'detached', timeout: patience })
})

scene('the content is reached past the header, and settings are made', {}, async (page) => {
  await page.getByText('Type to search').waitFor()
  await page.evaluate(() => document.activeElement?.blur())
  await page.keyboard.press('Tab')
  await tabTo(page, page.getByRole('link', { name: 'Skip to the content' }), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await gets(page.locator('#content'))
  await tabTo(page, page.getByRole('button', { name: 'Settings' }), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await tabTo(page, page.getByLabel('As the system'))
  await page.keyboard.press('ArrowDown')
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'light')
  await page.keyboard.press('Escape')
  await gets(page.getByRole('button', { name: 'Settings' }))
  await tabTo(page, page.getByRole('link', { name: 'Library' }), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor()
})
