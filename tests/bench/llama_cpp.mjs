// How fast llama.cpp reads and writes, by the binaries that the npm package node-llama-cpp brings. It takes turns as the example
// `model_speed` does: `node llama_cpp.mjs FOLDER MODEL.gguf`, where `npm install node-llama-cpp` was run in FOLDER.

import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const maxContext = 4096
const [folder, path] = process.argv.slice(2)
const { getLlama } = await import(pathToFileURL(createRequire(join(resolve(folder), 'x.js')).resolve('node-llama-cpp')))
const resident = () => Math.round(process.memoryUsage().rss / 2 ** 20)
const say = (object) => console.log(JSON.stringify(object))

const llama = await getLlama({ gpu: false, build: 'never', progressLogs: false, logLevel: 'error' })
const begun = performance.now()
const model = await llama.loadModel({ modelPath: path })
const context = await model.createContext({ contextSize: maxContext, batchSize: 512, threads: availableParallelism() })
const sequence = context.getSequence()
say({ load_seconds: (performance.now() - begun) / 1000, resident_mib: resident() })

let turn = 0
for await (const line of createInterface({ input: process.stdin })) {
  const [prompt, tokens] = line.split(' ').map(Number)
  turn++
  let text = ''
  for (let n = 0; model.tokenize(text).length < prompt; n++) text += `Ledger ${turn * 1000 + n} lies in drawer ${(n * 7) % 24}. `
  const ids = model.tokenize(text).slice(0, prompt)
  await sequence.clearHistory()
  const start = performance.now()
  await sequence.evaluateWithoutGeneratingNewTokens(ids.slice(0, -1))
  const read = performance.now()
  let written = 0
  for await (const _ of sequence.evaluate(ids.slice(-1), { temperature: 0, yieldEogToken: true })) if (++written === tokens) break
  const end = performance.now()
  say({ prompt: (prompt - 1) / (read - start) * 1000, generation: written / (end - read) * 1000, resident_mib: resident() })
}
process.exit(0)
