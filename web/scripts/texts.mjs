// Takes the texts out of the catalogues of messages: in the built page they are data, one JSON file for each language, fetched when the
// page speaks it. What is left as a script is what puts numbers and names into them.

import { createHash } from 'node:crypto'

const catalogue = /\/src\/lib\/messages\/((en|zh-Hans|zh-Hant)(?:\.\w+)?)\.ts$/
const placeOf = (language) => `texts-of-${language}.json`

/** A plugin of Vite, for the built page only: while developing and in tests the catalogues are what they look like. */
export function texts() {
  /** For each language its files, with the values taken out of each in their order. */
  const taken = new Map()
  return {
    name: 'texts',
    apply: 'build',
    enforce: 'post',
    buildStart() {
      taken.clear()
      this.emitFile({ type: 'chunk', id: '/src/early.ts', name: 'early' })
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const early = Object.values(bundle ?? {}).find(({ facadeModuleId }) => facadeModuleId?.endsWith('/src/early.ts'))
        return early ? html.replace('<script type="module"', `<script type="module" fetchpriority="low" crossorigin src="/${early.fileName}"></script>\n    $&`) : html
      },
    },
    config: () => ({ define: { __TEXTS__: JSON.stringify(Object.fromEntries(['en', 'zh-Hant', 'zh-Hans'].map((language) => [language, placeOf(language)]))) } }),
    transform: {
      filter: { id: catalogue },
      handler(code, id) {
        const [, file, language] = catalogue.exec(id)
        const { rest, values } = takeTexts(code, this.parse(code))
        const files = taken.get(language) ?? {}
        taken.set(language, { ...files, [file]: values })
        const head = `import { texts as textsOf } from '/src/lib/texts.ts'\nconst texts_ = (await textsOf(${JSON.stringify(language)}))[${JSON.stringify(file)}]\n`
        return { code: head + rest, map: null }
      },
    },
    renderChunk(code) {
      // The name has a hash of the content, and whoever names it changes with it.
      let named = code
      for (const [language, files] of taken) {
        if (!named.includes(placeOf(language))) continue
        const source = JSON.stringify(Object.fromEntries(Object.entries(files).sort()))
        const fileName = `assets/${language}-${createHash('sha256').update(source).digest('base64url').slice(0, 8)}.json`
        this.emitFile({ type: 'asset', fileName, source })
        named = named.replaceAll(placeOf(language), `/${fileName}`)
      }
      return named === code ? null : { code: named, map: null }
    },
  }
}

/** A catalogue without what is nothing but text, and that text, in its order. */
export function takeTexts(code, program) {
  const values = []
  let rest = ''
  let at = 0
  const take = ({ start, end }, value, [before, after] = ['', '']) => {
    rest += `${code.slice(at, start)}${before}texts_[${values.push(value) - 1}]${after}`
    at = end
  }
  const look = (node, parent) => {
    if (!node || typeof node.type !== 'string') return
    const isValue = (parent?.type === 'Property' && parent.value === node) || (parent?.type === 'VariableDeclarator' && node.type === 'ObjectExpression')
    const text = isValue || isSaid(node, parent) ? textOf(node) : undefined
    if (text !== undefined) return take(node, text)
    // Between its values a template says something too.
    if (node.type === 'TemplateElement' && node.value.cooked.trim() !== '') return take(node, node.value.cooked, ['${', '}'])
    const children = Object.values(node).flat().filter((child) => typeof child?.type === 'string')
    for (const child of children.sort((one, other) => one.start - other.start)) look(child, node)
  }
  look(program)
  return { rest: rest + code.slice(at), values }
}

/** Whether it is a piece of what a function says: not what it compares with, nor the name of something. */
function isSaid(node, parent) {
  if (node.type !== 'Literal' || typeof node.value !== 'string' || node.value.trim() === '') return false
  return ['CallExpression', 'ConditionalExpression', 'ArrowFunctionExpression', 'ReturnStatement'].includes(parent?.type)
}

/** What a node says as JSON, where it is nothing but texts; `undefined` where it is not. */
function textOf(node) {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined
  if (node.type === 'TemplateLiteral') return node.expressions.length === 0 ? node.quasis[0].value.cooked : undefined
  if (node.type === 'ArrayExpression') {
    const items = node.elements.map((element) => element && textOf(element))
    return items.every((item) => item !== undefined && item !== null) ? items : undefined
  }
  if (node.type !== 'ObjectExpression') return undefined
  const entries = node.properties.map((property) => {
    if (property.type !== 'Property' || property.computed || property.shorthand) return undefined
    const value = textOf(property.value)
    return value === undefined ? undefined : [property.key.name ?? String(property.key.value), value]
  })
  return entries.every((entry) => entry !== undefined) ? Object.fromEntries(entries) : undefined
}
