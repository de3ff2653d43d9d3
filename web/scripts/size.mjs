// Prints what the built page weighs, gzipped, file by file.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const root = new URL('../dist/', import.meta.url)
let total = 0
for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
  if (!/\.(html|js|css|svg)$/.test(name)) continue
  const bytes = gzipSync(readFileSync(new URL(name, root)), { level: 9 }).length
  total += bytes
  console.log(`${String(bytes).padStart(7)}  ${name}`)
}
console.log(`${String(total).padStart(7)}  in all, gzipped`)
