// Markdown as it reads: a tree of blocks and runs, of which every word is a piece of the source. What is parsed becomes text and known
// elements only: HTML stays text, an address is shown and not followed, a picture is its alternative text.

import { parser as commonmark, GFM, type MarkdownConfig } from '@lezer/markdown'
import type { SyntaxNode } from '@lezer/common'
import type { Section } from './api'
import type { Piece } from './pieces'
import type { Source } from './source'

/** Where a link leads: `outside` is shown with its address; the others are looked for among the document's links. */
export type Target = { kind: 'name' | 'path'; target: string } | { kind: 'outside' }

export type Run =
  | { kind: 'text'; pieces: Piece[] }
  | { kind: 'strong' | 'emphasis' | 'deleted' | 'note'; runs: Run[] }
  /** As it stands in the source: code, and what is not rendered. */
  | { kind: 'code' | 'raw'; pieces: Piece[] }
  | { kind: 'link'; runs: Run[]; target: Target; address: Piece; at: number }
  | { kind: 'picture'; runs: Run[] }
  | { kind: 'task'; done: boolean }
  | { kind: 'break' }

export interface Item {
  /** A task, and whether it is done; `null` for what is none. */
  done: boolean | null
  blocks: Block[]
}

export type Side = 'start' | 'center' | 'end' | null

export interface NoteTable {
  kind: 'table'
  sides: Side[]
  head: Run[][]
  rows: { from: number; to: number; cells: Run[][] }[]
}

/** `from` and `to` are the offsets of all of it, with what is not shown. */
export type Block = { from: number; to: number } & (
  | { kind: 'heading'; level: number; runs: Run[] }
  | { kind: 'paragraph'; runs: Run[] }
  | { kind: 'code'; language: Piece | null; pieces: Piece[] }
  | { kind: 'raw'; pieces: Piece[] }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'list'; start: number | null; items: Item[] }
  | { kind: 'rule' }
  | NoteTable
)

/** What is nested deeper, and what is longer without a break, is shown without its structure: no text can make the page stand still. */
const deepest = 24
const longestInline = 20_000

const extras: MarkdownConfig = {
  defineNodes: ['Plain', 'WikiLink', 'Math'],
  parseInline: [
    {
      name: 'Plain',
      before: 'Escape',
      parse: (cx, _, at) => (at === cx.offset && cx.end - at > longestInline ? cx.addElement(cx.elt('Plain', at, cx.end)) : -1),
    },
    {
      name: 'Math',
      before: 'Escape',
      parse(cx, next, at) {
        if (next !== 36) return -1
        const found = /^(\$\$)(?:[^$\\]|\\.)+\$\$|^\$(?![\s$])(?:[^$\\\n]|\\.)*?[^\s$\\]\$(?!\d)/s.exec(cx.slice(at, Math.min(cx.end, at + 1000)))
        return found ? cx.addElement(cx.elt('Math', at, at + found[0].length)) : -1
      },
    },
    {
      name: 'WikiLink',
      before: 'Link',
      parse(cx, next, at) {
        if (next !== 91 && next !== 33) return -1
        const found = /^!?\[\[[^[\]\n]+\]\]/.exec(cx.slice(at, Math.min(cx.end, at + 1000)))
        return found ? cx.addElement(cx.elt('WikiLink', at, at + found[0].length)) : -1
      },
    },
  ],
  parseBlock: [
    {
      name: 'Deep',
      before: 'Blockquote',
      parse(cx, line) {
        if (cx.depth <= deepest + 1) return false
        cx.addElement(cx.elt('Paragraph', cx.lineStart + line.pos, cx.lineStart + line.text.length))
        cx.nextLine()
        return true
      },
    },
  ],
}

const markdown = commonmark.configure([GFM, extras])

/** What `[label]: address` defines, by label. */
export type Definitions = ReadonlyMap<string, string>

export function definitionsOf(text: string): Definitions {
  const found = new Map<string, string>()
  for (const [, label = '', address = ''] of text.matchAll(/^[ \t>]{0,8}\[([^\]\n]{1,200})\]:[ \t]*(\S{1,2000})/gm)) {
    const key = labelKey(label)
    if (!found.has(key)) found.set(key, bare(address))
  }
  return found
}

function labelKey(label: string): string {
  return label.trim().replace(/\s+/g, ' ').toLowerCase()
}

/** Without the angles around it. */
function bare(address: string): string {
  return /^<.*>$/.test(address) ? address.slice(1, -1) : address
}

/** The text from `from` to `to` as blocks; offsets are those of the whole text. */
export function noteOf(text: string, from: number, to: number, definitions: Definitions): Block[] {
  return new Reader(text, from, to, definitions).blocks()
}

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', copy: '©', ndash: '–', mdash: '—', hellip: '…', times: '×', deg: '°' }

/** What an entity stands for, or itself where that is not known. */
function entity(written: string): string {
  const code = /^&#(?:x([0-9a-f]{1,6})|(\d{1,7}));$/i.exec(written)
  if (!code) return named[written.slice(1, -1)] ?? written
  const value = code[1] ? parseInt(code[1], 16) : Number(code[2])
  return value > 31 && value < 0x110000 && (value < 0xd800 || value > 0xdfff) ? String.fromCodePoint(value) : written
}

/** Signs between which a break of a line is no space. */
const wide = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u3000-\u303f\uff00-\uff60]/u

const marks = new Set(['QuoteMark', 'HeaderMark', 'EmphasisMark', 'StrikethroughMark', 'ListMark', 'TableDelimiter'])

/** A scheme of two letters or more; one letter is a drive. */
const scheme = /^[a-z][a-z0-9+.-]+:/i

class Reader {
  private readonly slice: string

  constructor(
    private readonly text: string,
    private readonly base: number,
    to: number,
    private readonly definitions: Definitions,
  ) {
    // Of the same length: offsets stay. Space behind the line that makes a table one is not expected there.
    const slice = text.slice(base, to).replace(/\r\n/g, ' \n').replace(/\r/g, '\n')
    this.slice = slice.replace(/^([ \t>]*\|[-:| \t]*-[-: \t]*)(\|)([ \t]+)$/gm, '$1$3$2')
  }

  blocks(): Block[] {
    return this.children(markdown.parse(this.slice).topNode, 0)
  }

  private children(node: SyntaxNode, depth: number): Block[] {
    const blocks: Block[] = []
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (!marks.has(child.name)) blocks.push(this.block(child, depth))
    }
    return blocks
  }

  private block(node: SyntaxNode, depth: number): Block {
    const at = { from: this.base + node.from, to: this.base + node.to }
    const heading = /^(?:ATX|Setext)Heading(\d)$/.exec(node.name)
    if (heading) return { ...at, kind: 'heading', level: Number(heading[1]), runs: this.heading(node, depth) }
    if (depth > deepest) return { ...at, kind: 'raw', pieces: [this.piece(node.from, node.to)] }
    switch (node.name) {
      case 'Paragraph':
      case 'Task':
        return { ...at, kind: 'paragraph', runs: this.runs(node, node.from, node.to, depth) }
      case 'FencedCode':
      case 'CodeBlock': {
        const info = node.getChild('CodeInfo')
        const pieces = node.getChildren('CodeText').map(({ from, to }) => this.piece(from, to))
        return { ...at, kind: 'code', language: info && this.piece(info.from, info.to), pieces }
      }
      case 'Blockquote':
        return { ...at, kind: 'quote', blocks: this.children(node, depth + 1) }
      case 'BulletList':
      case 'OrderedList':
        return this.list(node, at, depth)
      case 'HorizontalRule':
        return { ...at, kind: 'rule' }
      case 'Table':
        return { ...at, ...this.table(node, depth) }
      default:
        return { ...at, kind: 'raw', pieces: [this.piece(node.from, node.to)] }
    }
  }

  private heading(node: SyntaxNode, depth: number): Run[] {
    const outer = node.getChildren('HeaderMark')
    const opens = outer[0]?.from === node.from
    const closing = outer.at(opens ? 1 : 0)
    const from = opens ? (outer[0]?.to ?? node.from) : node.from
    const inner = this.slice.slice(from, closing?.from ?? node.to)
    const begin = from + inner.length - inner.trimStart().length
    return this.runs(node, begin, Math.max(begin, from + inner.trimEnd().length), depth)
  }

  private list(node: SyntaxNode, at: { from: number; to: number }, depth: number): Block {
    const items = node.getChildren('ListItem').map((item): Item => {
      const marker = item.getChild('Task')?.getChild('TaskMarker')
      return { done: marker ? /x/i.test(this.slice.slice(marker.from, marker.to)) : null, blocks: this.children(item, depth + 1) }
    })
    const mark = node.getChild('ListItem')?.getChild('ListMark')
    const start = node.name === 'OrderedList' && mark ? parseInt(this.slice.slice(mark.from, mark.to), 10) : null
    return { ...at, kind: 'list', start, items }
  }

  private table(node: SyntaxNode, depth: number): NoteTable {
    const cells = (row: SyntaxNode): Run[][] => {
      const found: Run[][] = []
      let column = -1
      for (let child = row.firstChild; child; child = child.nextSibling) {
        // A row may begin with a cell or with what parts cells.
        if (child.name === 'TableDelimiter' || column < 0) column++
        if (child.name === 'TableCell') found[column] = this.runs(child, child.from, child.to, depth)
      }
      return Array.from(found, (cell) => cell ?? [])
    }
    const header = node.getChild('TableHeader')
    const ruler = node.getChild('TableDelimiter')
    const sides = (ruler ? this.slice.slice(ruler.from, ruler.to) : '')
      .trim()
      .replace(/^\||\|$/g, '')
      .split('|')
      .map((column): Side => {
        const [left, right] = [column.trim().startsWith(':'), column.trim().endsWith(':')]
        return left && right ? 'center' : right ? 'end' : left ? 'start' : null
      })
    const rows = node.getChildren('TableRow').map((row) => ({ from: this.base + row.from, to: this.base + row.to, cells: cells(row) }))
    return { kind: 'table', sides, head: header ? cells(header) : [], rows }
  }

  /** What stands in a node from `from` to `to`, its marks left out. */
  private runs(node: SyntaxNode, from: number, to: number, depth: number): Run[] {
    const runs: Run[] = []
    let at = from
    const textTo = (end: number): void => {
      const pieces = this.words(at, end)
      if (pieces.length > 0) runs.push({ kind: 'text', pieces })
    }
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (child.from < at || child.to > to) continue
      textTo(child.from)
      runs.push(...this.run(child, depth + 1))
      at = child.to
      // Behind the sign of a quotation its line goes on.
      if (child.name === 'QuoteMark') while (at < to && /[ \t]/.test(this.slice.charAt(at))) at++
    }
    textTo(to)
    return runs
  }

  private run(node: SyntaxNode, depth: number): Run[] {
    const { name, from, to } = node
    if (marks.has(name)) return []
    if (depth > deepest) return [{ kind: 'text', pieces: this.words(from, to) }]
    switch (name) {
      case 'StrongEmphasis':
        return [{ kind: 'strong', runs: this.runs(node, from, to, depth) }]
      case 'Emphasis':
        return [{ kind: 'emphasis', runs: this.runs(node, from, to, depth) }]
      case 'Strikethrough':
        return [{ kind: 'deleted', runs: this.runs(node, from, to, depth) }]
      case 'InlineCode':
        return [{ kind: 'code', pieces: this.code(node) }]
      case 'Escape':
        return [{ kind: 'text', pieces: [{ ...this.piece(from, to), text: this.slice.slice(from + 1, to) }] }]
      case 'Entity':
        return [{ kind: 'text', pieces: [{ ...this.piece(from, to), text: entity(this.slice.slice(from, to)) }] }]
      case 'HardBreak':
        return [{ kind: 'break' }]
      case 'TaskMarker':
        return [{ kind: 'task', done: /x/i.test(this.slice.slice(from, to)) }]
      case 'Link':
      case 'Image':
        return this.link(node, depth)
      case 'WikiLink':
        return [this.wikiLink(from, to)]
      case 'Autolink':
        return [{ kind: 'text', pieces: [this.piece(from + 1, to - 1)] }]
      case 'HTMLTag':
      case 'Comment':
      case 'ProcessingInstruction':
      case 'Math':
        return [{ kind: 'raw', pieces: [this.piece(from, to)] }]
      default:
        return [{ kind: 'text', pieces: this.words(from, to) }]
    }
  }

  private code(node: SyntaxNode): Piece[] {
    const [open, close] = node.getChildren('CodeMark')
    let [from, to] = [open?.to ?? node.from, close?.from ?? node.to]
    const inner = this.slice.slice(from, to)
    if (/^\s.*\S.*\s$/s.test(inner)) [from, to] = [from + 1, to - 1]
    return this.words(from, to)
  }

  private link(node: SyntaxNode, depth: number): Run[] {
    const [open, close] = node.getChildren('LinkMark')
    if (!open || !close) return this.literal(node, depth)
    const label = this.slice.slice(open.to, close.from)
    const url = node.getChild('URL')
    const reference = node.getChild('LinkLabel')
    if (!url && node.name === 'Link' && /^\^[^\s\]]+$/.test(label)) {
      return [{ kind: 'note', runs: [{ kind: 'text', pieces: [this.piece(open.to + 1, close.from)] }] }]
    }
    const key = labelKey(reference && reference.to - reference.from > 2 ? this.slice.slice(reference.from + 1, reference.to - 1) : label)
    const address = url ? bare(this.slice.slice(url.from, url.to)) : this.definitions.get(key)
    if (address === undefined) return this.literal(node, depth)
    const runs = this.runs(node, open.to, close.from, depth)
    // An address from a definition is marked with the link; where it is written itself, its own characters are.
    const shift = url && this.slice[url.from] === '<' ? 1 : 0
    const shown: Piece = url ? this.piece(url.from + shift, url.to - shift) : { ...this.piece(close.from, node.to), text: address }
    if (node.name === 'Image') return [{ kind: 'picture', runs: runs.length > 0 ? runs : [{ kind: 'text', pieces: [shown] }] }]
    const target = targetOf(address)
    if (!target) return this.literal(node, depth)
    return [{ kind: 'link', runs: runs.length > 0 ? runs : [{ kind: 'text', pieces: [shown] }], target, address: shown, at: this.base + node.from }]
  }

  /** A link that is none, as it is written. */
  private literal(node: SyntaxNode, depth: number): Run[] {
    const runs: Run[] = []
    let at = node.from
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (['LinkMark', 'URL', 'LinkTitle', 'LinkLabel'].includes(child.name)) continue
      runs.push({ kind: 'text', pieces: this.words(at, child.from) }, ...this.run(child, depth + 1))
      at = child.to
    }
    return [...runs, { kind: 'text', pieces: this.words(at, node.to) }]
  }

  private wikiLink(from: number, to: number): Run {
    const open = from + (this.slice[from] === '!' ? 3 : 2)
    const inner = this.slice.slice(open, to - 2)
    const bar = inner.indexOf('|')
    const end = bar < 0 ? inner.length : bar
    const written = inner.slice(0, end).replace(/\\$/, '')
    const label = bar < 0 ? this.piece(open, to - 2) : this.piece(open + bar + 1, to - 2)
    const target = (written.split('#')[0] ?? '').trim()
    return {
      kind: 'link',
      runs: [{ kind: 'text', pieces: [label] }],
      target: { kind: 'name', target },
      address: this.piece(open, open + written.length),
      at: this.base + from,
    }
  }

  private piece(from: number, to: number): Piece {
    return { text: this.text.slice(this.base + from, this.base + to), from: this.base + from, to: this.base + to }
  }

  /** Words that flow: a break of a line is a space, or nothing where Chinese goes on. */
  private words(from: number, to: number): Piece[] {
    const pieces: Piece[] = []
    let at = from
    for (const { 0: found, index } of this.slice.slice(from, to).matchAll(/[ \t]*\n[ \t]*/g)) {
      const here = from + index
      if (here > at) pieces.push(this.piece(at, here))
      const next = /[^\s>]/.exec(this.slice.slice(here + found.length, here + found.length + 40))?.[0] ?? ''
      const joined = wide.test(this.slice.charAt(here - 1)) && wide.test(next)
      pieces.push({ ...this.piece(here, here + found.length), text: joined ? '' : ' ' })
      at = here + found.length
    }
    if (to > at) pieces.push(this.piece(at, to))
    return pieces
  }
}

/** What the front matter of a note says, without the lines around it. */
export function frontMatter(sections: readonly Section[], { text, starts }: Source): Piece | null {
  const [first] = sections
  if (first?.kind !== 'metadata') return null
  const begin = starts[0] ?? 0
  const inner = /^(---|\+\+\+)[ \t]*\r?\n(.*?)\r?\n(?:\1|\.\.\.)[ \t]*$/s.exec(first.text)?.[2] ?? first.text
  const from = begin + first.text.indexOf(inner)
  return { text: text.slice(from, from + inner.length), from, to: from + inner.length }
}

/** Where an address leads; `null` for one that a reader must not be led to, and for none. */
function targetOf(address: string): Target | null {
  if (/^(https?|mailto):/i.test(address)) return { kind: 'outside' }
  if (address === '' || scheme.test(address) || address.startsWith('//')) return null
  const path = (address.split('#')[0] ?? '').replace(/\\(?=[!-/:-@[-`{-~])/g, '')
  try {
    return { kind: 'path', target: decodeURIComponent(path).trim() }
  } catch {
    return { kind: 'path', target: path.trim() }
  }
}

/** A stretch of the source that is parsed by itself; `raw` where it is too long to be. */
export interface Chunk {
  from: number
  to: number
  raw: boolean
}

/** A chunk ends where a paragraph or heading begins, once it is so long; longer ones at a list item, and then anywhere but in a table. */
const chunkLengths = { paragraph: 48_000, item: 96_000, any: 256_000, row: 1_000_000 }
const longestSection = 200_000
const rawLength = 20_000

/** The source in chunks that no block runs over, behind front matter. */
export function chunksOf(sections: readonly Section[], { text, starts }: Source): Chunk[] {
  const chunks: Chunk[] = []
  let begin = -1
  const end = (at: number): void => {
    if (begin >= 0 && at > begin) chunks.push({ from: begin, to: at, raw: false })
    begin = -1
  }
  sections.forEach((section, index) => {
    const at = starts[index] ?? 0
    if (index === 0 && section.kind === 'metadata') return
    if (section.text.length > longestSection) {
      end(at)
      for (let from = at, last = at + section.text.length; from < last; ) {
        const broken = text.lastIndexOf('\n', from + rawLength)
        let to = Math.min(last, broken > from ? broken + 1 : from + rawLength)
        // Never between the halves of a character.
        if (/[\uDC00-\uDFFF]/.test(text.charAt(to))) to--
        chunks.push({ from, to, raw: true })
        from = to
      }
      return
    }
    // Its indentation belongs to it.
    const line = text.lastIndexOf('\n', at - 1) + 1
    if (begin < 0) begin = line
    const length = at - begin
    const outermost = line === at
    const parted = /\n[ \t]*\r?\n$/.test(section.before ?? '')
    const ends =
      (length > chunkLengths.paragraph && outermost && parted && (section.kind === 'paragraph' || section.kind === 'heading')) ||
      (length > chunkLengths.item && outermost && section.kind === 'list_item') ||
      (length > chunkLengths.any && section.kind !== 'table_row') ||
      length > chunkLengths.row
    if (ends) {
      end(line)
      begin = line
    }
  })
  end(text.length)
  return chunks
}

/** The level of each heading under a title of the level `top`: none jumps down by more than one, whatever the note does. */
export function headingLevels(blocks: readonly Block[], top: number): Map<Block, number> {
  const levels = new Map<Block, number>()
  let level = top
  const walk = (inside: readonly Block[]): void => {
    for (const block of inside) {
      if (block.kind === 'heading') levels.set(block, (level = Math.min(top + block.level, level + 1, 6)))
      else if (block.kind === 'quote') walk(block.blocks)
      else if (block.kind === 'list') for (const item of block.items) walk(item.blocks)
    }
  }
  walk(blocks)
  return levels
}

/** The text of runs as it is read. */
export function textOf(runs: readonly Run[]): string {
  return runs.map((run) => ('pieces' in run ? run.pieces.map((piece) => piece.text).join('') : 'runs' in run ? textOf(run.runs) : '')).join('')
}
