import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('../src/', import.meta.url))

test('a separator keeps the space before it: Svelte drops white space at the beginning of a block', () => {
  const components = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.svelte'))
  expect(components.length).toBeGreaterThan(20)
  const lost = components.flatMap((name) => {
    const found = readFileSync(source + name, 'utf8').match(/\{[#:](?:if|else|each|await|then)[^{}]*\}\s+[·–—][^\n]*/gu) ?? []
    return found.map((piece) => `${name}: ${piece}`)
  })
  expect(lost).toEqual([])
})
