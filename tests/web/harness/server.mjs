// Starts the program under test, or its stand-in, over a copy of the fixtures.

import { execFile, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { corpusFiles, hostileFiles } from './hostile.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** `link` opens the page; `folders` are paths: one indexed, one to add, two with hostile names and texts, of which the first is indexed. */
export async function startServer() {
  const base = mkdtempSync(join(tmpdir(), 'rushlight-web-'))
  const folders = { notes: join(base, 'notes'), more: join(base, 'more notes'), hostile: join(base, 'hostile'), corpus: join(base, 'corpus') }
  cpSync(here('../fixtures/'), folders.notes, { recursive: true })
  writeFileSync(join(folders.notes, 'picture.bin'), Buffer.from([0, 1, 2, 255, 254, 0, 0, 7]))
  writeFileSync(join(folders.notes, 'empty.md'), '')
  mkdirSync(folders.more)
  writeFileSync(join(folders.more, 'bees.md'), '# Bees\n\nThe second hive is to be inspected on Saturday, with smoke and patience.\n')
  mkdirSync(folders.hostile)
  for (const { name, text } of hostileFiles) writeFileSync(join(folders.hostile, name), text)
  mkdirSync(folders.corpus)
  for (const { name, text } of corpusFiles) writeFileSync(join(folders.corpus, name), text)

  const binary = process.env.RUSHLIGHT_BIN
  const data = join(base, 'data')
  if (binary) {
    const call = promisify(execFile)
    await call(binary, ['--data-dir', data, 'add', folders.notes, '--space', 'personal'])
    await call(binary, ['--data-dir', data, 'add', folders.hostile, '--space', 'outside'])
    await call(binary, ['--data-dir', data, 'index'])
  }
  const start = (port) => binary
    ? spawn(binary, ['--data-dir', data, 'serve', '--port', port], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, RUSHLIGHT_SERVER_FOLDER_ROOTS: base } })
    : spawn(process.execPath, [here('../mock-server.mjs'), folders.notes, 'personal', folders.hostile, 'outside'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let child = start('0')
  const end = async (signal) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((done) => child.once('exit', done))
    child.kill(signal)
    await Promise.race([gone, new Promise((done) => setTimeout(done, 10_000).unref())])
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  }
  const stop = async () => {
    await end('SIGTERM')
    rmSync(base, { recursive: true, force: true })
  }
  try {
    const link = await printedLink(child)
    if (binary) await answering(link)
    return {
      link,
      folders,
      stop,
      end,
      /** Starts the program again, on the same port and data; the stand-in would have forgotten everything. */
      again: async () => {
        child = start(new URL(link).port)
        await printedLink(child)
        if (binary) await answering(link)
      },
      answers: !binary || existsSync(process.env.RUSHLIGHT_MODELS_DIR ?? ''),
      what: binary ? `the real program (${binary})` : 'the stand-in mock-server.mjs (RUSHLIGHT_BIN is not set)',
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The first search waits for its model, on a busy machine for longer than the server lets a request take: no scene is to be that one. */
async function answering(link) {
  const { origin, searchParams } = new URL(link)
  const headers = { Authorization: `Bearer ${searchParams.get('token')}`, 'Content-Type': 'application/json' }
  for (let tries = 0; tries < 10; tries++) {
    const reply = await fetch(`${origin}/api/v1/search`, { method: 'POST', headers, body: JSON.stringify({ query: 'tea' }) })
    if (reply.ok) return
    await reply.text()
  }
  throw new Error('the server answers no search')
}

/** The link that a server prints when it is there. */
export function printedLink(child) {
  return new Promise((resolve, reject) => {
    let said = ''
    const timer = setTimeout(() => reject(new Error(`no link after 120 s; the server said:\n${said}`)), 120_000)
    const hear = (piece) => {
      said += piece
      const link = /http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost):\d+\/\?token=[^\s\u001b]+/.exec(said)
      if (!link) return
      clearTimeout(timer)
      resolve(link[0])
    }
    child.stdout.setEncoding('utf8').on('data', hear)
    child.stderr.setEncoding('utf8').on('data', hear)
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the server ended with code ${code}:\n${said}`))
    })
  })
}
