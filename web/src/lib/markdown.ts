// An answer as Markdown to be pasted or saved: its text with its marks, and each passage with its place and its words.
// What comes from documents or the model is escaped, so that it is text there too.

import type { Answer } from './api'
import { splitAnswer } from './cite'
import type { Messages } from './messages/en'
import { placeLabel } from './place'
import { plainName } from './plain'

/** Text as Markdown that shows just this text: no emphasis, link, picture, HTML, heading or list comes of it. */
export function escapeMarkdown(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      plainName(line)
        .replace(/[\\`*_{}[\]<>#|~$&]/g, '\\$&')
        .replace(/^(\s*)([-+=:])/, '$1\\$2')
        .replace(/^(\s*\d+)([.)])/, '$1\\$2')
        // A bare address would become a link.
        .replace(/\b(https?|ftp|www)(:|\.)/gi, '$1\\$2'),
    )
    .join('\n')
}

/** In one line. */
function inLine(text: string): string {
  return escapeMarkdown(text.replace(/\s+/g, ' ').trim())
}

function code(text: string): string {
  const plain = plainName(text)
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest === 0 ? `\`${plain}\`` : `${fence} ${plain} ${fence}`
}

export function answerMarkdown(question: string, answer: Answer, messages: Messages, date: (iso: string | null) => string): string {
  const numbers = new Set(answer.citations.map((citation) => citation.number))
  const blocks = [`## ${inLine(question)}`]
  const asked = answer.route?.translated ?? answer.route?.standalone
  if (asked) blocks.push(`*${inLine(messages.asking.askedAs(asked))}*`)
  // What follows a mark must not make a link of it.
  const text = splitAnswer(answer.text, numbers).map((part, index) =>
    part.kind === 'mark' ? `[${part.number}]` : escapeMarkdown(part.text).replace(index > 0 ? /^[(:]/ : /^(?!)/, '\\$&'),
  )
  if (answer.text.trim() !== '') blocks.push(text.join('').trim())
  else blocks.push(messages.ask.grounding[answer.grounding])
  if (answer.table && answer.table.rows.length > 0) {
    const columns = messages.asking.columns
    const rows = answer.table.rows.map((row) => `| [${row.citation}] | ${inLine(row.title)} | ${inLine(row.from ?? '')} | ${inLine(date(row.date))} |`)
    blocks.push([`| ${columns.number} | ${columns.title} | ${columns.from} | ${columns.date} |`, '|---|---|---|---|', ...rows].join('\n'))
    blocks.push(messages.asking.fitting(answer.table.total, answer.table.walked))
  }
  for (const { citations, values } of answer.disagreements ?? []) {
    const lines = citations.map((number, index) => `- ${inLine(values[index] ?? '')} [${number}]`)
    blocks.push(`**${messages.asking.disagree}**\n\n${lines.join('\n')}`)
  }
  for (const citation of answer.citations) {
    const where = `[${citation.number}] **${inLine(citation.title)}**, ${inLine(placeLabel(citation.locator, messages))}, ${code(citation.path)}`
    const quote = citation.quote.trim().split(/\s*\n\s*/).map((line) => `> ${escapeMarkdown(line)}`)
    blocks.push(`${where}\n\n${quote.join('\n')}`)
  }
  return `${blocks.join('\n\n')}\n`
}

/** The name of a file for an answer: words of the question, nothing that a file system minds. */
export function fileName(question: string, otherwise: string): string {
  const words = question.normalize('NFC').replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
  return `${[...words].slice(0, 60).join('').trim() || otherwise}.md`
}
