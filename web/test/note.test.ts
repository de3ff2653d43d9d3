import { expect, test } from 'vitest'
import type { Section } from '../src/lib/api'
import { chunksOf, definitionsOf, frontMatter, headingLevels, noteOf, textOf, type Block, type Run } from '../src/lib/note'
import { markPieces, type Piece } from '../src/lib/pieces'
import type { Range } from '../src/lib/passage'
import { sourceOf } from '../src/lib/source'
import { pick, random } from './random'

const parse = (text: string): Block[] => noteOf(text, 0, text.length, definitionsOf(text))

function piecesOfRuns(runs: readonly Run[]): Piece[] {
  return runs.flatMap((run) => ('pieces' in run ? run.pieces : 'runs' in run ? [...piecesOfRuns(run.runs), ...(run.kind === 'link' ? [run.address] : [])] : []))
}

/** All that is shown, in order. */
function piecesOf(blocks: readonly Block[]): Piece[] {
  return blocks.flatMap((block) => {
    switch (block.kind) {
      case 'heading':
      case 'paragraph':
        return piecesOfRuns(block.runs)
      case 'code':
        return [...(block.language ? [block.language] : []), ...block.pieces]
      case 'raw':
        return block.pieces
      case 'quote':
        return piecesOf(block.blocks)
      case 'list':
        return block.items.flatMap((item) => piecesOf(item.blocks))
      case 'table':
        return [block.head, ...block.rows.map((row) => row.cells)].flat().flatMap(piecesOfRuns)
      case 'rule':
        return []
    }
  })
}

const marked = (blocks: readonly Block[], range: Range): string =>
  piecesOf(blocks)
    .flatMap((piece) => markPieces([piece], range))
    .map((segment) => (segment.mark ? segment.text : ' '))
    .join('')

/** A tree in a few signs. */
function drawn(blocks: readonly Block[]): unknown[] {
  return blocks.map((block) => {
    switch (block.kind) {
      case 'heading':
        return { [`h${block.level}`]: drawnRuns(block.runs) }
      case 'paragraph':
        return drawnRuns(block.runs)
      case 'code':
        return { code: block.pieces.map((piece) => piece.text).join(''), language: block.language?.text }
      case 'raw':
        return { raw: block.pieces.map((piece) => piece.text).join('') }
      case 'quote':
        return { quote: drawn(block.blocks) }
      case 'list':
        return { list: block.start, items: block.items.map((item) => [item.done, ...drawn(item.blocks)]) }
      case 'table':
        return { head: block.head.map(drawnRuns), rows: block.rows.map((row) => row.cells.map(drawnRuns)), sides: block.sides }
      case 'rule':
        return 'rule'
    }
  })
}

function drawnRuns(runs: readonly Run[]): string {
  return runs
    .map((run) => {
      const inner = textOf([run])
      switch (run.kind) {
        case 'text':
          return inner
        case 'link':
          return `<${drawnRuns(run.runs)}|${run.target.kind}${'target' in run.target ? `:${run.target.target}` : ''}|${run.address.text}>`
        case 'break':
          return '<br>'
        case 'task':
          return run.done ? '<x>' : '<o>'
        default:
          return `<${run.kind}:${'runs' in run ? drawnRuns(run.runs) : inner}>`
      }
    })
    .join('')
}

test('blocks of every kind', () => {
  expect(drawn(parse('# One *two*\n\nText\nflows `on`.  \nHere\\*\n\n> quoted\n> more\n\n```js\na = 1\n\nb\n```\n\n    indented\n\n---\n\nLast\n===\n'))).toEqual([
    { h1: 'One <emphasis:two>' },
    'Text flows <code:on>.<br>Here*',
    { quote: ['quoted more'] },
    { code: 'a = 1\n\nb', language: 'js' },
    { code: 'indented', language: undefined },
    'rule',
    { h1: 'Last' },
  ])
})

test('lists within lists, with tasks and numbers that go on', () => {
  expect(drawn(parse('3. three\n   - [x] done\n   - [ ] open **still**\n4. four\n'))).toEqual([
    { list: 3, items: [[null, 'three', { list: null, items: [[true, '<x> done'], [false, '<o> open <strong:still>']] }], [null, 'four']] },
  ])
})

test('tables keep their columns, empty cells too', () => {
  expect(drawn(parse('| a | | c |\n|:--|:-:|--:|\n|| 2 |\n| `x` | y | z | w |\n'))).toEqual([
    { head: ['a', '', 'c'], rows: [['', '2'], ['<code:x>', 'y', 'z', 'w']], sides: ['start', 'center', 'end'] },
  ])
})

test('links lead to other documents, or are shown with their address; what could run is shown as it is written', () => {
  const text = [
    '[a](https://example.org/x) [b](<my cup.md#size>) [c](../my%20cup.md) [[tea#Hot|green tea]] ![[kettle.png]]',
    '[d](javascript:alert(1)) [e](//192.0.2.1/x) [f][ref] [g] [ref]',
    '![alt *text*](http://192.0.2.1/p.png) ![](p.png) <https://example.org> https://example.org/bare',
    'Note[^1] and [^1]: it.',
    '',
    '[ref]: data:text/html,x',
    '[g]: g.md',
  ].join('\n')
  const [paragraph, ...rest] = drawn(parse(text))
  expect(String(paragraph).split(' [e]')).toEqual([
    '<a|outside|https://example.org/x> <b|path:my cup.md|my cup.md#size> <c|path:../my cup.md|../my%20cup.md> <green tea|name:tea|tea#Hot> <kettle.png|name:kettle.png|kettle.png> [d](javascript:alert(1))',
    '(//192.0.2.1/x) [f][ref] <g|path:g.md|g.md> [ref] <picture:alt <emphasis:text>> <picture:p.png> https://example.org https://example.org/bare Note<note:1> and <note:1>: it.',
  ])
  expect(rest).toEqual([{ raw: '[ref]: data:text/html,x' }, { raw: '[g]: g.md' }])
})

test('HTML, comments and formulas are text', () => {
  expect(drawn(parse('<script>alert(1)</script>\n\na <b onclick="x">b</b> <!-- c --> $a_1 * b_2$ &lt;i&#x3e; &unknown; costs $5 and $6\n'))).toEqual([
    { raw: '<script>alert(1)</script>' },
    'a <raw:<b onclick="x">>b<raw:</b>> <raw:<!-- c -->> <raw:$a_1 * b_2$> <i> &unknown; costs $5 and $6',
  ])
})

test('between Chinese lines there is no space', () => {
  expect(drawn(parse('綠茶以七十度\n沖泡。Steep\nit\n> 兩\n> 分鐘\n'))).toEqual(['綠茶以七十度沖泡。Steep it', { quote: ['兩分鐘'] }])
})

test('lines that end as in DOS are the same', () => {
  const text = '# a\n\n- b\n  c\n\n| d | e |\n|---|---|\n| f | g |\n\n```\nh\n```\n'
  const withReturns = text.replaceAll('\n', '\r\n')
  expect(JSON.stringify(drawn(parse(withReturns))).replaceAll('\\r', '')).toEqual(JSON.stringify(drawn(parse(text))))
})

test('front matter is shown without the lines around it', () => {
  const text = '---\ntitle: Tea\n---'
  const sections: Section[] = [{ label: '', kind: 'metadata', level: 0, span: { start: 0, end: text.length }, text }]
  expect(frontMatter(sections, sourceOf(sections))).toEqual({ text: 'title: Tea', from: 4, to: 14 })
  expect(frontMatter([], sourceOf([]))).toBeNull()
})

/** Templates in which each `W` becomes a word of its own. */
const templates = [
  '# W *W* W', 'W W **W *W* W** W', 'W\nW\n  W', '- W\n- W\n  - W\n    W\n\n  W', '1. W\n2. [ ] W\n3. [x] W', '> W\n> W\n>> W\n\n> - W', '```W\nW W\nW\n```', '    W\n    W',
  '| W | W |\n|---|--:|\n| W | **W** |\n|  | W |\n| W |', '[W W](https://W/W) W', '[**W**](W.md) [W](<W W.md>)', '[[W]] [[W|W W]] [[W/W#W|W]]', '![W *W*](x.png) ![](W)', '<b W="W">W</b> W', '<!-- W -->', '<div>\nW\n</div>',
  '[W]: https://W', 'W[^W] W', '[^W]: W W', 'W `W` ``W ` W`` W', '~~W~~ __W__ _W_', 'W&amp;W \\*W\\* W&#65;W', '$W_W$ W $$W\nW$$', 'W\n---', 'https://W.example/W and <https://W.example>', '***W** W*', '**W', '[W](javascript:W) [W](data:W,W)',
  '> ```\n> W\n> W\n> ```', '- ```\n  W\n  ```', '* * *\nW', 'W  \nW\\\nW', '![[W.png|W]] ![[W]]', '[W][W]\n\n[W]: W.md', 'W *W\nW* W', '> | W | W |\n> |---|---|\n> | W | W |', 'W | W', '<W@example.org>', '| a \\| W | W |\n|--|--|\n| [[W\\|W]] | `W` |',
]

test('whatever is marked in the source is marked where it is shown, and no word is lost', () => {
  for (let seed = 1; seed <= 400; seed++) {
    const next = random(seed)
    let count = 0
    const parts = Array.from({ length: 1 + Math.floor(next() * 5) }, () => pick(next, templates).replace(/W/g, () => `w${++count}w`))
    const text = parts.join(pick(next, ['\n\n', '\n\n\n', '\r\n\r\n']))
    const blocks = parse(text)
    for (const { text: shown, from, to } of piecesOf(blocks)) if (shown.length === to - from && shown !== ' ' && !/^&|^\\/.test(text.slice(from, to))) expect(shown).toBe(text.slice(from, to))
    const at = (word: number): Range => [text.indexOf(`w${word}w`), text.indexOf(`w${word}w`) + `w${word}w`.length]
    for (let word = 1; word <= count; word++) {
      // The address of a link by reference is a whole; it is marked with the brackets that name it.
      expect(marked(blocks, at(word)).match(/w\d+w/g) ?? [], JSON.stringify([text, word])).toContain(`w${word}w`)
    }
    const first = 1 + Math.floor(next() * count)
    const last = first + Math.floor(next() * (count - first + 1))
    const between = marked(blocks, [at(first)[0], at(last)[1]]).match(/w\d+w/g) ?? []
    const wanted = Array.from({ length: last - first + 1 }, (_, index) => `w${first + index}w`)
    for (const word of wanted) expect(between, JSON.stringify([text, first, last])).toContain(word)
    // Nothing but what a definition elsewhere says of a link among them.
    const others = between.filter((word) => !wanted.includes(word))
    expect(others.filter((word) => !/\]:/.test(text.slice(text.lastIndexOf('\n', text.indexOf(word)) + 1))), JSON.stringify([text, first, last])).toEqual([])
  }
})

test('headings never jump down by more than one level', () => {
  const blocks = parse('## a\n\n#### b\n\n> # c\n\n###### d\n\n###### e')
  expect([...headingLevels(blocks, 1).values()]).toEqual([2, 3, 2, 3, 4])
})

const bytes = (text: string): number => new TextEncoder().encode(text).length

/** As the program cuts notes, near enough: paragraphs, headings and items. */
function sectionsOf(text: string): Section[] {
  let done = 0
  return [...text.matchAll(/(?:[^\n]*\S[^\n]*\n?)+/g)].map(({ 0: block, index }) => {
    const own = block.trimEnd()
    const before = text.slice(done, index)
    done = index + own.length
    const start = bytes(text.slice(0, index))
    const kind = own.startsWith('#') ? 'heading' : own.startsWith('- ') ? 'list_item' : own.startsWith('|') ? 'table_row' : 'paragraph'
    return { label: '', kind, level: 0, span: { start, end: start + bytes(own) }, text: own, before }
  })
}

test('a long note is parsed in chunks that are all of it, and what is shown is the same', () => {
  const text = Array.from({ length: 3000 }, (_, index) => (index % 10 === 0 ? `## Day ${index}` : `Paragraph ${index} with **words** and 茶.`)).join('\n\n')
  const sections = sectionsOf(text)
  const chunks = chunksOf(sections, sourceOf(sections))
  expect(chunks.length).toBeGreaterThan(2)
  expect(chunks.map(({ from, to }) => text.slice(from, to)).join('')).toBe(text)
  const parts = chunks.flatMap(({ from, to }) => noteOf(text, from, to, new Map()))
  expect(drawn(parts)).toEqual(drawn(parse(text)))
  expect(piecesOf(parts)).toEqual(piecesOf(parse(text)))
})

test('what is too long to be parsed comes in pieces as it is written', () => {
  const text = `# a\n\n${'🍵 tea '.repeat(60_000)}\n\nb`
  const sections = sectionsOf(text)
  const chunks = chunksOf(sections, sourceOf(sections))
  expect(chunks.filter(({ raw }) => raw).length).toBeGreaterThan(10)
  for (const { from, to } of chunks) expect(text.slice(from, to).isWellFormed()).toBe(true)
  expect(chunks.map(({ from, to }) => text.slice(from, to)).join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''))
})

test.each([
  ['quotations', '>'.repeat(60_000)],
  ['lists in one line', `${'- '.repeat(60_000)}a`],
  ['emphasis', '*a_b'.repeat(50_000)],
  ['links', '[a]('.repeat(50_000)],
  ['brackets', `${'['.repeat(50_000)}a${']'.repeat(50_000)}`],
  ['backticks', Array.from({ length: 700 }, (_, index) => '`'.repeat(index)).join(' ')],
  ['lists in lists', Array.from({ length: 300 }, (_, index) => `${' '.repeat(2 * index)}- a`).join('\n')],
  ['formulas', '$a'.repeat(50_000)],
  ['names', '[[a'.repeat(50_000)],
])('%s without end are text, and no depth that a page would fall into', (_, text) => {
  const depth = (blocks: readonly Block[]): number =>
    Math.max(0, ...blocks.map((block) => (block.kind === 'quote' ? 1 + depth(block.blocks) : block.kind === 'list' ? 1 + Math.max(...block.items.map((item) => depth(item.blocks))) : 0)))
  const runDepth = (runs: readonly Run[]): number => Math.max(0, ...runs.map((run) => ('runs' in run ? 1 + runDepth(run.runs) : 0)))
  const blocks = parse(text)
  expect(depth(blocks)).toBeLessThanOrEqual(30)
  for (const block of blocks) if (block.kind === 'paragraph') expect(runDepth(block.runs)).toBeLessThanOrEqual(30)
  expect(piecesOf(blocks).length).toBeGreaterThan(0)
})
