// Opens the page in a browser and watches what it does: each scene ends with the checks that hold everywhere.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { chromium } from 'playwright-core'
import { flags } from './flags.mjs'

export const link = process.env.WEB_LINK
export const folders = JSON.parse(process.env.WEB_FOLDERS)
export const withoutAnswers = process.env.WEB_ANSWERS ? false : 'no models: RUSHLIGHT_MODELS_DIR names no folder'
export const origin = new URL(link).origin

/** A model on a slow machine takes its time. */
export const patience = 180_000
/** The page itself takes as long as Playwright waits for an element. */
const soon = 30_000

/** A page that was built elsewhere, to be tried with a program that carries another. */
const otherPage = process.env.RUSHLIGHT_PAGE

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser
after(() => browser?.close())

/**
 * A test with a page of its own. Afterwards nothing may have left the origin, no policy been violated, no error logged
 * (`expectTrouble` lets those through that are the point of a scene) and no hostile text run. `at` gives the link of another server.
 */
export function scene(name, options, body) {
  const { skip = false, expectTrouble = null, token = true, at = null, ...context } = options
  test(name, { skip, timeout: 300_000 }, async () => {
    browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: flags })
    const address = at ? await at() : link
    const home = new URL(address).origin
    const opened = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB', colorScheme: 'light', ...context })
    const page = await opened.newPage()
    const outside = []
    const trouble = []
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(`${home}/`) && !url.startsWith('data:')) outside.push(url)
    })
    page.on('console', (message) => message.type() === 'error' && trouble.push(message.text()))
    page.on('pageerror', (error) => trouble.push(String(error)))
    page.on('dialog', (dialog) => {
      trouble.push(`a dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.addInitScript(() => {
      window.violations = []
      document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`))
    })
    try {
      if (otherPage) await servePage(opened, home, token ? address : null)
      if (token) {
        await page.goto(otherPage ? `${home}/` : address)
        // Keys are heard once the page has its words.
        await page.locator('#content').waitFor()
      }
      await body(page, opened)
      assert.deepEqual(outside, [], 'requests that left the origin')
      assert.deepEqual(trouble.filter((line) => !expectTrouble?.test(line)), [], 'errors in the console')
      assert.deepEqual(await page.evaluate(() => window.violations ?? []), [], 'violations of the content security policy')
      assert.equal(await page.evaluate(() => window.hostile), undefined, 'hostile text has run')
    } catch (error) {
      await page.screenshot({ path: artefact(`failed ${name}`) }).catch(() => undefined)
      throw error
    } finally {
      // A handler may still wait for a reply that the page no longer wants: its error would fail the file, not the scene.
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      await opened.close()
    }
  })
}

async function servePage(context, home, address) {
  // A reply that leads elsewhere cannot be exchanged for the page; the cookie it brings can be had without it.
  if (address) await context.request.get(address)
  await context.route(`${home}/`, async (route) => {
    const reply = await route.fetch()
    return route.fulfill(reply.ok() ? { response: reply, body: readFileSync(join(otherPage, 'index.html')) } : { response: reply })
  })
  await context.route(`${home}/assets/**`, (route) => route.fulfill({ path: join(otherPage, new URL(route.request().url()).pathname) }))
}

function artefact(name) {
  return join(process.env.WEB_ARTEFACTS, `${name.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80)}.png`)
}

/** Of the page, or of one element. */
export async function picture(what, name) {
  await what.screenshot({ path: artefact(name) })
}

/** Goes to a place of the page without loading it again, and comes back when the page has heard of it. */
export async function go(page, hash) {
  await page.evaluate(async (to) => {
    const before = location.href
    location.hash = to
    // The page listens too, and before.
    if (location.href !== before) await new Promise((done) => addEventListener('hashchange', done, { once: true }))
  }, hash)
}

/**
 * Waits until `read` gives `expected` (of a regular expression: what it matches), and fails with what it gave last. The page may follow
 * a click or a key by a task, a frame or a reply later.
 */
export async function becomes(read, expected, message) {
  for (const end = Date.now() + soon; ; await new Promise((done) => setTimeout(done, 50))) {
    const value = await read()
    try {
      return expected instanceof RegExp ? assert.match(value ?? '', expected, message) : assert.deepEqual(value, expected, message)
    } catch (error) {
      if (Date.now() >= end) throw error
    }
  }
}

/** The id of what has the focus. */
export const focused = (page) => page.evaluate(() => document.activeElement?.id)

export const hasFocus = (locator) => locator.evaluate((element) => element === document.activeElement)

export async function searchFor(page, words) {
  const field = page.getByRole('combobox')
  await field.fill('')
  await field.pressSequentially(words, { delay: 15 })
  // The results of the last letter, not of one before it, and all of them drawn.
  await page.waitForFunction(
    (query) =>
      new URLSearchParams(location.hash.split('?')[1]).get('q') === query &&
      document.querySelector('main ul[aria-busy=false]') &&
      !document.querySelector('main li.waiting'),
    words,
  )
  // Suggestions, which may still be on their way, would cover the first results and take the arrows.
  await field.blur()
  await field.focus()
}

/** Types into the search by the page's own clock: on a busy machine keys from outside may come after pauses of their own. */
export async function typeEvenly(page, letters) {
  await page.evaluate(async (letters) => {
    const field = document.querySelector('#query')
    for (const letter of letters) {
      field.setRangeText(letter, field.value.length, field.value.length, 'end')
      field.dispatchEvent(new InputEvent('input', { bubbles: true }))
      await new Promise((done) => setTimeout(done, 70))
    }
  }, letters)
}

/** Lets replies to searches through `change(reply, request)`. */
export async function dress(page, change) {
  await page.route('**/api/v1/search', async (route) => {
    const request = JSON.parse(route.request().postData() ?? '{}')
    const reply = await route.fetch().catch(() => null)
    if (!reply) return route.abort().catch(() => undefined)
    if (!reply.ok()) return route.fulfill({ response: reply }).catch(() => undefined)
    const body = await reply.json()
    change(body, request)
    return route.fulfill({ response: reply, json: body }).catch(() => undefined)
  })
}

/** Answers every request for suggestions with what `suggestions(words)` gives. */
export async function suggesting(page, suggestions) {
  await page.route('**/api/v1/suggest?**', (route) =>
    route.fulfill({ json: { suggestions: suggestions(new URL(route.request().url()).searchParams.get('q') ?? '') } }).catch(() => undefined),
  )
}

const longText = {
  en: ' It was the only house in the street with a lamp in every window, and whoever came home late across the fields could see it from the mill, long before there was anything else to be seen.',
  zh: '這條街上只有這一家每扇窗都點著燈，深夜穿過田野回家的人，遠遠地在磨坊邊就看得見它，比看見別的東西都要早得多，因此大家都說，有燈的地方就是家。',
}

/** Lets lists and texts be long: results, documents, files that need attention, earlier conversations. */
export async function longLists(page) {
  const long = await page.evaluate(() => (document.documentElement.lang.startsWith('zh') ? 'zh' : 'en'))
  const more = { text: longText[long], mark: false }
  await dress(page, (reply, { limit = 10 }) => {
    const [hits, count] = [reply.hits, reply.hits.length]
    const one = (hit, index) => ({ ...hit, segments: [...hit.segments, more], ...(index >= count && { chunk_id: index.toString(16).padStart(hit.chunk_id.length, '0') }) })
    if (count > 0) reply.hits = Array.from({ length: limit }, (_, index) => one(hits[index % count], index))
  })
  await page.route(/\/api\/v1\/documents\/[^/?]+$/, async (route) => {
    const reply = await route.fetch()
    const shown = await reply.json()
    const [last] = shown.sections.slice(-1)
    const texts = Array.from({ length: 40 }, (_, index) => ({ ...last, kind: 'paragraph', level: null, label: `line ${100 + index}`, locator: { kind: 'lines', first: 100 + index, last: 100 + index }, span: { start: 1e6 + index, end: 1e6 + index }, text: longText[long].trim() }))
    return route.fulfill({ response: reply, json: { ...shown, sections: [...shown.sections, ...texts] } }).catch(() => undefined)
  })
  const why = { status: 'skipped', code: 'unsupported', message: 'no reader for this format', hint: '', retryable: false, attempts: 1 }
  const problems = Array.from({ length: 50 }, (_, index) => ({ ...why, source_id: 1, path: `photographs of the house/2024/summer in the garden/IMG_${4200 + index}.heic` }))
  await page.route('**/api/v1/problems?**', (route) => route.fulfill({ json: { total: 1200, problems } }).catch(() => undefined))
  const conversations = Array.from({ length: 30 }, (_, index) => ({ id: `long${index}`, title: `What does the lease say about the deposit, and who pays for repairs in year ${index}?`, updated: '2026-11-20T10:00:00Z', turns: 1 + (index % 4) }))
  await page.route(/\/api\/v1\/conversations(\?|$)/, (route) => route.fulfill({ json: { conversations } }).catch(() => undefined))
}

/**
 * The longest line of each text that is shown, in columns: a Chinese character takes two, as in a terminal. Tables and code are left
 * out, whose lines are not read from end to end.
 */
export async function longestLines(page) {
  return page.evaluate(() => {
    const inline = (element) => getComputedStyle(element).display.startsWith('inline')
    const blocks = new Set()
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      let block = texts.currentNode.parentElement
      if (texts.currentNode.data.trim() === '' || !block.checkVisibility()) continue
      while (inline(block)) block = block.parentElement
      if (!block.closest('pre, code, table, .unseen')) blocks.add(block)
    }
    return [...blocks].map((block) => {
      const lines = new Map()
      const range = document.createRange()
      const own = document.createTreeWalker(block, NodeFilter.SHOW_TEXT)
      while (own.nextNode()) {
        const node = own.currentNode
        if (node.data.trim() === '') continue
        for (let at = 0; at < Math.min(node.length, 2000); at++) {
          range.setStart(node, at)
          range.setEnd(node, at + 1)
          const { bottom, width } = range.getBoundingClientRect()
          if (width > 0) lines.set(Math.round(bottom / 6), (lines.get(Math.round(bottom / 6)) ?? 0) + (/[\p{sc=Han}\u3000-\u303f\uff00-\uffef]/u.test(node.data[at]) ? 2 : 1))
        }
      }
      return { columns: Math.max(0, ...lines.values()), text: block.textContent.trim().slice(0, 60), in: block.className || block.localName }
    })
  })
}

export async function noSidewaysScroll(page) {
  const { wide, view, which } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    const over = scrollWidth <= clientWidth ? [] : [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > clientWidth + 1)
    return { wide: scrollWidth, view: clientWidth, which: over.slice(-3).map((one) => `<${one.localName} class="${one.className}">`) }
  })
  assert.ok(wide <= view, `the page is ${wide} wide in a view of ${view}: ${which.join(', ')}`)
}

/** Where an element stands, without what a part of a pixel changes. */
export async function box(locator) {
  const found = await locator.boundingBox()
  return Object.fromEntries(Object.entries(found).map(([side, value]) => [side, Math.round(value)]))
}

export async function accessible(page) {
  await page.evaluate(axe)
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] })
    return violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).slice(0, 3).join(' | ')}`)
  })
  assert.deepEqual(found, [], 'what axe found')
}

/** Waits until the element's top is inside the view: what is above it may get its height only now. */
export async function comesIntoView(locator, message = 'it is in view') {
  const isInside = (element) => {
    const box = element.getBoundingClientRect()
    return box.top >= 0 && box.top < innerHeight && box.left >= 0 && box.left < innerWidth
  }
  await becomes(() => locator.evaluate(isInside), true, message)
}
