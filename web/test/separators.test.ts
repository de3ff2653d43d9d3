/// <reference types="vite/client" />
import { expect, test } from 'vitest'

const components = import.meta.glob<string>('../src/**/*.svelte', { query: '?raw', import: 'default', eager: true })

test('a separator keeps the space before it: Svelte drops white space at the beginning of a block', () => {
  expect(Object.keys(components).length).toBeGreaterThan(20)
  const lost = Object.entries(components).flatMap(([name, source]) =>
    [...source.matchAll(/\{[#:](?:if|else|each|await|then)[^{}]*\}\s+[·–—][^\n]*/gu)].map(([piece]) => `${name}: ${piece}`),
  )
  expect(lost).toEqual([])
})
