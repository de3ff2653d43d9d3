// From a key to what it found, on the screen. `node keys.mjs CHROMIUM LINK`; reads queries, a list, from its input, types each into the
// search with a key every 60 to 80 milliseconds, and prints one object for each key:
// { text, shown_ms, own, request_ms, server_ms }.
// `shown_ms` is the time from the key to the frame that shows, as far as the screen reaches, results of the text as it then was, or, where a later key came before them,
// of a longer text: `own` says which. `request_ms` and `server_ms` are of the request whose results are shown.

import { text } from 'node:stream/consumers'
import puppeteer from 'puppeteer-core'
import { flags } from './flags.mjs'

const [chromium, link] = process.argv.slice(2)
const queries = JSON.parse(await text(process.stdin))

// Even steps that look like none: the same on every run.
let seed = 1
const pause = () => 60 + ((seed = (seed * 48_271) % 2_147_483_647) % 2001) / 100
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds))

/** Runs in the page: notes keys, requests, and the first frame after a reply in which the results are those of the reply. */
function watch() {
  window.keys = []
  window.shown = []
  let pressed = 0
  const whole = (text) => text.replace(/\s+/g, ' ').trim()
  addEventListener('keydown', (event) => (pressed = event.timeStamp), true)
  addEventListener('input', (event) => event.target.id === 'query' && window.keys.push({ text: event.target.value, at: pressed }), true)
  // Each hit has its row at once; those below the screen may be drawn later.
  const onScreen = (hits) => {
    const rows = [...document.querySelectorAll('main ul[aria-busy] > li')]
    const seen = rows.filter((row) => row.getBoundingClientRect().top < innerHeight)
    const isOf = (row, hit) => {
      const name = row.querySelector('.name a')
      return name !== null && name.href.includes(hit.document_id) && whole(name.textContent).startsWith(whole(hit.title))
    }
    return rows.length === hits.length && seen.every((row, index) => isOf(row, hits[index]))
  }
  const plain = window.fetch
  window.fetch = async (address, options) => {
    const typed = String(address).endsWith('/api/v1/search') ? JSON.parse(options.body) : null
    const sent = performance.now()
    const reply = await plain(address, options)
    if (!typed?.typing) return reply
    const read = reply.json.bind(reply)
    reply.json = async () => {
      const value = await read()
      const one = { text: typed.query, request_ms: performance.now() - sent, server_ms: value.timings.total_us / 1000 }
      const look = (frames) => {
        if (frames === 0) return
        requestAnimationFrame(() => {
          if (!onScreen(value.hits)) return look(frames - 1)
          // A message is handled after the frame that is being made.
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = () => window.shown.push({ ...one, at: performance.now() })
          port2.postMessage(null)
        })
      }
      look(10)
      return value
    }
    return reply
  }
}

const browser = await puppeteer.launch({ executablePath: chromium, headless: true, args: flags, defaultViewport: { width: 1280, height: 860 } })
try {
  const page = await browser.newPage()
  await page.evaluateOnNewDocument(watch)
  await page.goto(link)
  await page.waitForSelector('#query')
  const found = []
  for (const query of queries) {
    await page.click('#query', { count: 3 })
    await page.keyboard.press('Backspace')
    await sleep(1500)
    await page.evaluate(() => (window.keys.length = window.shown.length = 0))
    let next = performance.now()
    for (const key of query) {
      await sleep(Math.max(0, next - performance.now()))
      next = Math.max(next, performance.now()) + pause()
      await page.keyboard.press(key === ' ' ? 'Space' : key)
    }
    await sleep(2500)
    const { keys, shown } = await page.evaluate(() => ({ keys: window.keys, shown: window.shown }))
    keys.forEach(({ text, at }, index) => {
      const later = keys.slice(index).map((key) => key.text)
      const first = shown.find((one) => one.at >= at && later.includes(one.text))
      found.push({ text, shown_ms: first ? first.at - at : null, own: first?.text === text, request_ms: first?.request_ms ?? null, server_ms: first?.server_ms ?? null })
    })
  }
  console.log(JSON.stringify(found))
} finally {
  await browser.close()
}
