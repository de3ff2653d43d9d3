// Prints what the built page weighs, gzipped, file by file: what is loaded with the page, what when it is wanted, and apart from both what
// is loaded when a PDF is opened. Fails when all scripts that somebody who reads one language can come to load, whatever they open but a
// PDF, weigh more together than they may, or one of those loaded later by itself.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/** For all scripts but those of PDF.js together, with one language, and for each that is loaded later. */
const most = 120 * 1024
const mostLater = 32 * 1024

const root = new URL('../dist/', import.meta.url)
const isOfPdf = (name) => /pdfjs-|pdf\.(min|worker)/.test(name)
const isScript = (name) => /js$/.test(name)
const isLanguage = (name) => /\/(en|zh-Hans|zh-Hant)-[^/]*\.js$/.test(name)
const index = readFileSync(new URL('index.html', root), 'utf8')
// Scripts, styles and what the first script imports are all named in it.
const isFirst = (name) => name === 'index.html' || index.includes(`/${name}"`)

const kindOf = (name) => (isOfPdf(name) ? 'pdf' : isFirst(name) ? 'first' : 'later')
const total = { first: 0, later: 0, pdf: 0 }
let first = 0
let scripts = 0
let language = 0
const heavy = []
for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
  if (!/\.(html|m?js|css|svg)$/.test(name)) continue
  const bytes = gzipSync(readFileSync(new URL(name, root)), { level: 9 }).length
  const kind = kindOf(name)
  total[kind] += bytes
  if (isScript(name) && kind === 'first') first += bytes
  if (isScript(name) && isLanguage(name)) language = Math.max(language, bytes)
  else if (isScript(name) && kind !== 'pdf') scripts += bytes
  if (isScript(name) && kind === 'later' && bytes > mostLater) heavy.push(name)
  console.log(`${String(bytes).padStart(7)}  ${kind.padEnd(5)}  ${name}`)
}
console.log(`${String(total.first).padStart(7)}  loaded with the page, gzipped`)
console.log(`${String(first + language).padStart(7)}  of it scripts, with those of one language`)
console.log(`${String(total.later).padStart(7)}  loaded when it is wanted, each script of ${mostLater} at most`)
console.log(`${String(scripts + language).padStart(7)}  all scripts but those of PDF.js, with one language, of ${most} at most`)
console.log(`${String(total.pdf).padStart(7)}  PDF.js and its decoders, loaded when a PDF is opened`)
if (scripts + language > most || heavy.length > 0) {
  console.error(`error: ${heavy.join(', ') || 'the scripts together'} may not weigh that much; take something away`)
  process.exit(1)
}
