// Scenes over a folder of their own: it is a source while one runs, and gone again afterwards.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { origin, scene } from './page.mjs'

const api = `${origin}/api/v1`

/** A folder that `fill` writes, given its path, which is the only source of this space; how its scenes are run, and its documents found. */
export function folderOf(space, fill) {
  const base = mkdtempSync(join(tmpdir(), `rushlight-${space}-`))
  const folder = join(base, space)
  mkdirSync(folder)
  fill(folder)
  after(() => rmSync(base, { recursive: true, force: true }))

  /** A scene while the folder is a source; its body is given the source's id too. */
  function within(name, options, body) {
    scene(name, options, async (page, opened) => {
      const added = await page.request.post(`${api}/sources`, { data: { path: folder, space } })
      assert.equal(added.status(), 201, await added.text())
      const { id } = await added.json()
      try {
        await body(page, opened, id)
      } finally {
        await page.request.delete(`${api}/sources/${id}`)
      }
    })
  }

  /** The document that is this file whole, once it is there and these words find it. */
  async function find(page, file, words) {
    for (let tries = 0; tries < 150; tries++) {
      const data = { query: words, mode: 'keyword', spaces: [space], grouped: false, limit: 50 }
      const reply = await page.request.post(`${api}/search`, { data })
      const hit = reply.ok() && (await reply.json()).hits.find((one) => one.path.endsWith(`/${file}`) && one.part === '')
      if (hit) return (await page.request.get(`${api}/documents/${hit.document_id}`)).json()
      await new Promise((done) => setTimeout(done, 200))
    }
    throw new Error(`${file} was not indexed`)
  }

  return { folder, within, find }
}

/** A document's text, put together again. */
export const textOf = (document) => document.sections.map(({ before = '', text }) => before + text).join('')

/** The span, in bytes, from the first words to the last: they may stand in different sections. */
export function spanOf(document, from, to = from) {
  const text = textOf(document)
  const start = text.indexOf(from)
  const end = text.indexOf(to, start) + to.length
  assert.ok(start >= 0 && end > start, `${from} … ${to} is not in the document`)
  let begun = 0
  const sections = document.sections.map(({ before = '', text, span }) => {
    const at = begun + before.length
    begun = at + text.length
    return { at, text, start: span.start }
  })
  const byte = (index) => {
    const section = sections.findLast(({ at }) => at <= index)
    return section.start + Buffer.byteLength(section.text.slice(0, index - section.at))
  }
  return `${byte(start)}-${byte(end)}`
}
