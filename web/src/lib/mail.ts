// A mail as it is read: what its writer wrote, what is quoted, the signature; and what its head says. Offsets count UTF-16 units.

import { cut, type Range } from './passage'
import type { Section, Segment } from './api'

export type StretchKind = 'own' | 'quote' | 'signature'

/** A part of a section's text. */
export interface Piece {
  section: number
  start: number
  end: number
}

/** Lines of one kind that follow each other, through any number of sections. */
export interface Stretch {
  kind: StretchKind
  pieces: Piece[]
  /** Lines with something in them. */
  lines: number
  /** Shown only when it is asked for. */
  folded: boolean
}

interface Line extends Piece {
  text: string
  blank: boolean
  kind: StretchKind
}

/** Quoted lines that stand above an answer to them stay in sight, where they are so few. */
const fewLines = 3

const quoted = /^\s*>/u
const signs = '-- '
const divider =
  /^-{2,}\s*(?:Original(?: Message)?|Forwarded message|原始郵件|原始邮件|原邮件|原始訊息|轉寄的?郵件|转发的?邮件(?:信息)?)\s*-{2,}$/iu
/** What is passed on is news to its reader. */
const passedOn = /^-{2,}\s*(?:Forwarded|轉寄|转发|Weitergeleitete)/iu
/** The end of the line above a quotation that says whose it is. */
const attribution = /(?:wrote|寫道|写道|schrieb.*|a écrit|escribió)\s*[:：]\s*$/iu
/** How such a line begins that is not the second half of one. */
const isWhole = /^\s*(?:(?:On|At|Am|Le|El)\s|[在於于])/u
/** The first line of two, where the writer's name and address stand before the date. */
const writerFirst = /@[^>\s]+>?\s*(?:於|于|在)?\s*$/u
const senderField = /^\**(?:From|寄件者|寄件人|發件人|发件人)\**\s*[:：]/iu
const dateField = /^\**(?:Sent|Date|日期|寄件日期|傳送時間|傳送日期|發送時間|发送时间|发送日期|時間|时间)\**\s*[:：]/iu
const otherField = /^\**(?:To|Subject|收件者|收件人|主旨|主題|主题)\**\s*[:：]/iu

/** The sections' text in stretches. Their pieces are all of it, in order. */
export function stretches(sections: readonly Section[]): Stretch[] {
  const lines = sections.flatMap(linesOf)
  tell(lines)
  const found: Stretch[] = []
  for (const line of lines) {
    const last = found.at(-1)
    const stretch = last?.kind === line.kind ? last : { kind: line.kind, pieces: [], lines: 0, folded: false }
    if (stretch !== last) found.push(stretch)
    if (!line.blank) stretch.lines++
    const piece = stretch.pieces.at(-1)
    if (piece?.section === line.section) piece.end = line.end
    else stretch.pieces.push({ section: line.section, start: line.start, end: line.end })
  }
  const written = found.map(({ kind, lines }) => kind === 'own' && lines > 0)
  found.forEach((stretch, index) => {
    const { section = 0, start = 0, end = 0 } = stretch.pieces[0] ?? {}
    const begin = sections[section]?.text.slice(start, end).trimStart() ?? ''
    stretch.folded =
      stretch.kind === 'quote' && written.includes(true) && !passedOn.test(begin) && (stretch.lines > fewLines || !written.includes(true, index))
  })
  return found
}

function linesOf({ text, kind }: Section, section: number): Line[] {
  const known: StretchKind = kind === 'quote' || kind === 'signature' ? kind : 'own'
  let start = 0
  return (text.match(/[^\n]*\n|[^\n]+$/gu) ?? []).map((whole) => {
    const line = { section, start, end: start + whole.length, text: whole.trimEnd(), blank: whole.trim() === '', kind: known }
    // The space behind two hyphens is what makes them a signature's beginning.
    if (whole.replace(/\r?\n$/u, '') === signs) line.text = signs
    start = line.end
    return line
  })
}

/** Tells quoted lines and signatures from what is the writer's own. */
function tell(lines: readonly Line[]): void {
  const words = lines.filter((line) => !line.blank)
  let rest: StretchKind = 'own'
  words.forEach((line, index) => {
    if (isDivider(line) || opensHead(words, index)) rest = 'quote'
    else if (rest === 'own' && line.text === signs) rest = 'signature'
    if (line.kind === 'own') line.kind = rest
    if (quoted.test(line.text)) line.kind = 'quote'
  })
  words.forEach((line, index) => {
    if (line.kind !== 'quote' || words[index - 1]?.kind === 'quote') return
    // The line above a quotation may be broken in two, and its second half be known already.
    const at = attribution.test(line.text) && !quoted.test(line.text) ? index : index - 1
    const second = words[at]
    if (!second || !attribution.test(second.text)) return
    second.kind = 'quote'
    const first = words[at - 1]
    if (first && !isWhole.test(second.text) && (isWhole.test(first.text) || writerFirst.test(first.text))) first.kind = 'quote'
  })
  // Empty lines are of the kind of those around them, where these are one.
  let before: StretchKind = 'own'
  let empty: Line[] = []
  for (const line of lines) {
    if (line.blank) {
      empty.push(line)
      continue
    }
    for (const one of empty) one.kind = before === line.kind ? before : 'own'
    empty = []
    before = line.kind
  }
  for (const one of empty) one.kind = before
}

function isDivider({ text }: Line): boolean {
  return divider.test(text.trim())
}

/** True where the lines from this one on are the head of an older mail, as Outlook writes it. */
function opensHead(words: readonly Line[], index: number): boolean {
  const text = (ahead: number): string => words[index + ahead]?.text.trim() ?? ''
  return senderField.test(text(0)) && dateField.test(text(1)) && (otherField.test(text(2)) || otherField.test(text(3)))
}

/** A piece of a section's text, of which this range is the passage, with what is marked in it. */
export function cutPiece(text: string, range: Range | undefined, { start, end }: Piece): { segments: Segment[]; marked: boolean } {
  const segments = cut(text.slice(start, end), range && [range[0] - start, range[1] - start])
  return { segments, marked: segments.some((segment) => segment.mark) }
}

export type HeadField = 'from' | 'to' | 'cc' | 'bcc' | 'date' | 'subject'

/** A line of a mail's head: its field, or null where it is none of these, and where its value stands. */
export interface HeadLine extends Piece {
  field: HeadField | null
}

const headField = /^(From|To|Cc|Bcc|Date|Subject): /u

/** The lines of the section that a mail's text begins with. */
export function headLines(section: Section | undefined): HeadLine[] {
  if (section?.kind !== 'metadata') return []
  return linesOf(section, 0).map(({ text, start: begin }) => {
    const name = headField.exec(text)
    const start = begin + (name?.[0].length ?? 0)
    return { section: 0, start, end: Math.max(start, begin + text.length), field: name ? ((name[1] ?? '').toLowerCase() as HeadField) : null }
  })
}

/** Who it is, without the address where there is a name. */
export function personName(written: string): string {
  const name = /^\s*"?([^"<]*?)"?\s*<[^>]*>\s*$/u.exec(written)?.[1]?.trim()
  return name || written
}
