// Prints what the built page weighs, gzipped, file by file, and apart from it what is loaded when a PDF is opened. Fails when the
// page's own scripts weigh more than they may.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/** For all scripts of the page together. */
const most = 120 * 1024

const root = new URL('../dist/', import.meta.url)
const isOfPdf = (name) => /pdfjs-|pdf\.(min|worker)/.test(name)
const total = { page: 0, pdf: 0 }
let scripts = 0
for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
  if (!/\.(html|m?js|css|svg)$/.test(name)) continue
  const bytes = gzipSync(readFileSync(new URL(name, root)), { level: 9 }).length
  total[isOfPdf(name) ? 'pdf' : 'page'] += bytes
  if (/js$/.test(name) && !isOfPdf(name)) scripts += bytes
  console.log(`${String(bytes).padStart(7)}  ${name}`)
}
console.log(`${String(total.page).padStart(7)}  the page, gzipped`)
console.log(`${String(scripts).padStart(7)}  of it scripts, of ${most} at most`)
console.log(`${String(total.pdf).padStart(7)}  PDF.js and its decoders, loaded when a PDF is opened`)
if (scripts > most) {
  console.error('error: the scripts of the page weigh more than they may; take something away, or load it when it is wanted')
  process.exit(1)
}
