// Lighthouse over places of the page. `node lighthouse.mjs CHROMIUM ORIGIN TOKEN RUNS`; reads { NAME: HASH } from its input and
// prints { NAME: { PRESET: [figures of each run] } }.

import { gzipSync } from 'node:zlib'
import { text } from 'node:stream/consumers'
import lighthouse, { desktopConfig } from 'lighthouse'
import puppeteer from 'puppeteer-core'
import { flags } from './flags.mjs'

const [chromium, origin, token, runs] = process.argv.slice(2)
const places = JSON.parse(await text(process.stdin))
const extraHeaders = { Authorization: `Bearer ${token}` }
// What it takes a page for without a word: a phone on a slow line with a slow processor.
const presets = { desktop: desktopConfig, mobile: undefined }

async function once(place, config) {
  // Its own browser each time: nothing is cached, nothing is left over.
  const browser = await puppeteer.launch({ executablePath: chromium, headless: true, args: flags })
  try {
    const port = Number(new URL(browser.wsEndpoint()).port)
    // The page holds a stream of events open: a network that is idle never comes.
    const options = { port, extraHeaders, maxWaitForLoad: 15_000, logLevel: 'error', onlyCategories: ['performance', 'accessibility'] }
    const { lhr } = await lighthouse(`${origin}/${place}`, options, config)
    if (lhr.runtimeError) throw new Error(`${place}: ${lhr.runtimeError.message}`)
    return lhr
  } finally {
    await browser.close()
  }
}

async function figures({ audits, categories }) {
  const requests = audits['network-requests'].details.items.filter((item) => item.resourceType === 'Script')
  const scripts = await Promise.all(requests.map(async (item) => Buffer.from(await (await fetch(item.url, { headers: extraHeaders })).arrayBuffer())))
  const sum = (values) => values.reduce((total, value) => total + value, 0)
  const failed = (category) => category.auditRefs.filter(({ id, weight }) => weight > 0 && audits[id].score !== null && audits[id].score < 0.9).map(({ id }) => id)
  return {
    performance: Math.round(categories.performance.score * 100),
    accessibility: Math.round(categories.accessibility.score * 100),
    first_contentful_paint_ms: audits['first-contentful-paint'].numericValue,
    largest_contentful_paint_ms: audits['largest-contentful-paint'].numericValue,
    total_blocking_time_ms: audits['total-blocking-time'].numericValue,
    layout_shift: audits['cumulative-layout-shift'].numericValue,
    scripts: requests.length,
    script_bytes: sum(scripts.map((script) => script.length)),
    script_gzipped_bytes: sum(scripts.map((script) => gzipSync(script, { level: 9 }).length)),
    script_transferred_bytes: sum(requests.map((item) => item.transferSize)),
    below_90: [...new Set([...failed(categories.performance), ...failed(categories.accessibility)])],
  }
}

const found = {}
for (const [name, hash] of Object.entries(places)) {
  found[name] = {}
  for (const [preset, config] of Object.entries(presets)) {
    found[name][preset] = []
    for (let run = 0; run < Number(runs); run++) found[name][preset].push(await figures(await once(hash, config)))
  }
}
console.log(JSON.stringify(found))
