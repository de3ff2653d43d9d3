// Makes the pictures of the README: the real program over the examples, with the real models. `make screenshots` runs it.
// `node screenshots.mjs search phone` makes those two. What is shown is what the program found and answered; nothing is put into the page.
//
// RUSHLIGHT_BIN, RUSHLIGHT_MODELS_DIR and CHROMIUM as for run.mjs. Where pngquant is installed, the pictures are made smaller by it.

import { execFile, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { flags } from './harness/flags.mjs'
import { printedLink } from './harness/server.mjs'

const call = promisify(execFile)
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const binary = process.env.RUSHLIGHT_BIN
if (!binary || !existsSync(process.env.RUSHLIGHT_MODELS_DIR ?? '')) throw new Error('RUSHLIGHT_BIN or RUSHLIGHT_MODELS_DIR is not set: run `make screenshots`')
const images = here('../../docs/images/')
const wanted = process.argv.slice(2)
const largest = 200_000
const patience = 300_000

// A path that is the same everywhere, since it is in the pictures.
const base = join(tmpdir(), 'rushlight')
const folders = { personal: 'personal-notes', company: 'company-docs', archive: 'compliance-archive' }

/** Indexes copies of the examples and serves them; resolves to the link and to what ends it. */
async function serve() {
  rmSync(base, { recursive: true, force: true })
  const command = (...words) => call(binary, ['--data-dir', join(base, 'data'), ...words], { maxBuffer: 2 ** 26 })
  for (const [space, folder] of Object.entries(folders)) {
    cpSync(here(`../../examples/${folder}/`), join(base, folder), { recursive: true })
    await command('add', join(base, folder), '--space', space)
  }
  await command('index')
  const child = spawn(binary, ['--data-dir', join(base, 'data'), 'serve', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = async () => {
    const gone = new Promise((done) => child.once('exit', done))
    child.kill('SIGTERM')
    await gone
    rmSync(base, { recursive: true, force: true })
  }
  return { link: await printedLink(child), stop }
}

async function ask(page, question) {
  await page.locator('#question').fill(question)
  await page.keyboard.press('Enter')
  await page.locator('.turn[aria-busy=false] .answer').waitFor({ timeout: patience })
  if ((await page.locator('.turn .sources a').count()) === 0) throw new Error(`not answered with a citation: ${question}`)
}

/** What each picture shows, by its name. */
const pictures = {
  search: {
    options: { viewport: { width: 1280, height: 800 }, locale: 'en-GB', colorScheme: 'light' },
    async make(page) {
      // The first search loads the model; the picture is of one in a program that is in use.
      for (const query of ['expenses', 'travel expenses']) {
        await page.locator('#query').fill(query)
        await page.keyboard.press('Enter')
        await page.waitForFunction((typed) => location.hash.endsWith(encodeURIComponent(typed).replace('%20', '+')), query)
        await page.locator('main ul[aria-busy=false] .name a').nth(3).waitFor({ timeout: patience })
      }
      await page.locator('.facets fieldset').first().waitFor()
      // The sentences nearest to the question come after the results.
      await page.waitForTimeout(4000)
    },
  },
  answer: {
    options: { viewport: { width: 1440, height: 860 }, locale: 'en-GB', colorScheme: 'light' },
    async make(page) {
      await page.evaluate(() => (location.hash = '#/ask?space=company'))
      await ask(page, 'How long are calibration records kept?')
      await page.locator('.turn .citation-mark a').first().click()
      await page.locator('.pane mark').first().waitFor()
      await page.mouse.move(0, 0)
    },
  },
  library: {
    options: { viewport: { width: 1440, height: 900 }, locale: 'en-GB', colorScheme: 'light' },
    async make(page) {
      await page.evaluate(() => (location.hash = '#/library'))
      await page.locator('[data-test=overview] tbody tr').first().waitFor()
    },
  },
  phone: {
    options: { viewport: { width: 390, height: 780 }, locale: 'zh-TW', colorScheme: 'dark' },
    async make(page) {
      await page.evaluate(() => (location.hash = '#/ask?space=company'))
      await ask(page, '台北辦公室出差每日膳食費上限是多少？')
      await page.evaluate(() => scrollTo(0, 0))
    },
  },
}

async function smaller(path) {
  await call('pngquant', ['--force', '--ext', '.png', '--speed', '1', '--strip', path]).catch((error) => {
    if (error.code !== 'ENOENT') throw error
  })
  const { size } = statSync(path)
  if (size > largest) throw new Error(`${path} has ${size} bytes, ${largest} at most: install pngquant, or show less`)
  console.log(`${path}: ${Math.round(size / 1000)} kB`)
}

mkdirSync(images, { recursive: true })
const server = await serve()
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: flags })
try {
  for (const [name, { options, make }] of Object.entries(pictures)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const context = await browser.newContext(options)
    const page = await context.newPage()
    await page.goto(server.link)
    await page.locator('nav a').first().waitFor()
    await make(page)
    const path = join(images, `${name}.png`)
    await page.screenshot({ path })
    await context.close()
    await smaller(path)
  }
} finally {
  await browser.close()
  await server.stop()
}
