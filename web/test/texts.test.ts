import { parseAst } from 'vite'
import { expect, test } from 'vitest'
import { takeTexts } from '../scripts/texts.mjs'

const code = `const number = (value) => String(value)
const count = (value, one, many) => \`\${number(value)} \${value === 1 ? one : many}\`
const words = {
  name: 'Ask',
  "a-b": { hint: '', list: [{ query: 'tea', finds: \`all\` }] },
  mixed: { plain: 'Close', said: (title) => \`Open “\${title}” now\` },
  found: (hits) => \`\${count(hits, 'passage', 'passages')} found\`,
  unread: (why) => (why === '' ? 'Not searchable' : \`Not searchable: \${why}\`),
  escaped: (text) => \`\\\${\${text}\\\`\`,
}
const faults = { 'this is not a date': { what: '這不是日期。', hint: '' } }`

interface Sample {
  words: { name: string; mixed: { said: (title: string) => string }; found: (hits: number) => string; unread: (why: string) => string; escaped: (text: string) => string }
  faults: Record<string, unknown>
}

const run = (source: string, values: unknown): Sample => new Function('texts_', `${source}\nreturn { words, faults }`)(values) as Sample

test('what is taken out of a catalogue leaves no text in it, and says the same', () => {
  const { rest, values } = takeTexts(code, parseAst(code))
  expect(rest).not.toMatch(/Ask|tea|Close|Open|passage|found`|Not searchable|日期|not a date/)
  // It travels as JSON.
  const [before, after] = [run(code, []), run(rest, JSON.parse(JSON.stringify(values)))]
  expect(JSON.stringify(after)).toBe(JSON.stringify(before))
  for (const one of [before, after]) {
    expect(one.words.mixed.said('tea')).toBe('Open “tea” now')
    expect([1, 2].map(one.words.found)).toEqual(['1 passage found', '2 passages found'])
    expect(['', 'locked'].map(one.words.unread)).toEqual(['Not searchable', 'Not searchable: locked'])
    expect(one.words.escaped('x')).toBe('${x`')
  }
})
