// Runs the browser tests of the page and prints, last, `web: N run, F failed, S skipped`.
// `node run.mjs search look` runs those of two files.
//
// RUSHLIGHT_BIN         the program to test the page with; without it the tests run against mock-server.mjs
// RUSHLIGHT_MODELS_DIR  its models; without them, questions are not asked of the real program
// RUSHLIGHT_PAGE        a folder with another build of the page, to be tried with the program (web/dist)
// CHROMIUM              the browser, /usr/bin/chromium unless told

import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { startServer } from './harness/server.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const artefacts = here('artefacts/')
rmSync(artefacts, { recursive: true, force: true })
mkdirSync(artefacts, { recursive: true })

const browser = process.env.CHROMIUM ?? '/usr/bin/chromium'
if (!existsSync(browser)) stop(`no browser at ${browser}: install chromium, or set CHROMIUM`)
if (!process.env.RUSHLIGHT_BIN && !existsSync(here('../../web/dist/index.html'))) stop('no page in web/dist: run `npm ci && npm run build` in web/')

const server = await startServer().catch((error) => stop(error.message))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.stop().then(() => process.exit(130)))
console.log(`the page is tested with ${server.what}`)
Object.assign(process.env, {
  WEB_LINK: server.link,
  WEB_FOLDERS: JSON.stringify(server.folders),
  WEB_ANSWERS: server.answers ? 'yes' : '',
  WEB_ARTEFACTS: artefacts,
  CHROMIUM: browser,
})

const sum = { run: 0, failed: 0, skipped: 0 }
const names = ['search', 'facets', 'judgements', 'ask', 'answers', 'conversations', 'document', 'reading', 'originals', 'mails', 'library', 'health', 'look', 'wide', 'safety', 'hostile', 'holding', 'palette', 'keyboard']
const wanted = process.argv.slice(2)
const files = names.filter((name) => wanted.length === 0 || wanted.includes(name)).map((name) => here(`${name}.test.mjs`))
const tests = run({ files, concurrency: 1, timeout: 30 * 60_000 })
const isOneTest = (data) => data.nesting > 0 || !files.includes(data.name)
tests.on('test:pass', (data) => {
  if (!isOneTest(data) || data.details?.type === 'suite') return
  if (data.skip !== undefined) sum.skipped++
  else sum.run++
})
tests.on('test:fail', (data) => {
  if (data.details?.type === 'suite') return
  sum.run++
  sum.failed++
})
tests.compose(new spec()).pipe(process.stdout)
await new Promise((done) => tests.once('end', done))
await server.stop()
// After what the reporter still has to say.
setTimeout(() => {
  console.log(`web: ${sum.run} run, ${sum.failed} failed, ${sum.skipped} skipped`)
  process.exit(sum.failed === 0 && sum.run > 0 ? 0 : 1)
}, 200)

function stop(reason) {
  console.error(reason)
  console.log('web: 0 run, 1 failed, 0 skipped')
  process.exit(1)
}
