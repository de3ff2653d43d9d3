// What the program's reader of queries can say of one that it cannot read, from its sources.

import limits from '../../crates/rushlight-core/src/query.rs?raw'

const files: Record<string, string> = import.meta.glob(
  ['../../crates/rushlight-retrieval/src/query/**/*.rs', '!**/tests.rs'],
  { query: '?raw', import: 'default', eager: true },
)

/** What makes a fault, and which of its arguments is the message. */
const makers: Record<string, number> = { 'Fault::new': 2, unknown: 0, impossible: 1, within: 3 }
const call = /(?<!fn )(?<!\w)(Fault::new|unknown|impossible|within)\(/g
/** A message that is told on, and said elsewhere. */
const passedOn = /^&?(?:fault\.)?message$/
const said = /\bmessage(?: =|:) (?:format!\()?"([^"]+)"/g

/** Every message, with the limits that it names. Throws where a message cannot be found. */
export function spokenFaults(): Set<string> {
  const sources = Object.values(files).map((source) => code(source))
  const constants = new Map([limits, ...sources].flatMap((source) => [...source.matchAll(/const (\w+): \w+ = ([\d_]+);/g)].map(([, name, value]) => [name, value?.replaceAll('_', '')])))
  const spelt = (message: string): string => message.replace(/\{(\w+)\}/g, (_, name: string) => constants.get(name) ?? name)
  return new Set(sources.flatMap((source) => [...called(source), ...[...source.matchAll(said)].map((found) => found[1] ?? '')]).map(spelt))
}

/** A source without its tests, comments and single characters. */
function code(source: string): string {
  return (source.split('#[cfg(test)]')[0] ?? '').replace(/^\s*\/\/.*$/gm, '').replace(/'(?:\\.|[^'\\])'/gu, "''")
}

function called(source: string): string[] {
  return [...source.matchAll(call)].flatMap((found) => {
    const message = argumentsFrom(source, found.index + found[0].length)[makers[found[1] ?? ''] ?? 0] ?? ''
    if (passedOn.test(message)) return []
    const literal = /^"([^"]+)"$/.exec(message)?.[1]
    if (literal === undefined) throw new Error(`what does \`${found[0]}\` say with \`${message}\`?`)
    return [literal]
  })
}

/** The arguments of a call, from behind its parenthesis to the one that closes it. */
function argumentsFrom(source: string, start: number): string[] {
  const found = ['']
  let depth = 0
  for (const [piece] of source.slice(start).matchAll(/"(?:[^"\\]|\\.)*"|[^"]/gs)) {
    if (/^[)\]}]$/.test(piece) && depth-- === 0) break
    if (/^[([{]$/.test(piece)) depth++
    if (piece === ',' && depth === 0) found.push('')
    else found[found.length - 1] += piece
  }
  return found.map((argument) => argument.trim())
}
