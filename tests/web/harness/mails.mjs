// Mails to be read: written as files for the program, and read again for the stand-in, which makes of these what the program does.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const base64 = (text) => Buffer.from(text).toString('base64')
const word = (text) => (/^[\w .:-]*$/.test(text) ? text : `=?UTF-8?B?${base64(text)}?=`)
const person = ([name, address]) => `${word(name)} <${address}>`

/** A message: plain text, or HTML where there is none, and what is attached, each with a name, a type and content (a message: `mail`). */
function message({ from, to, cc = [], date, subject, id, answers = [], text, html, attached = [] }) {
  const head = [
    `From: ${person(from)}`, `To: ${to.map(person).join(',\r\n ')}`, ...cc.map((one) => `Cc: ${person(one)}`), `Date: ${date}`, `Subject: ${word(subject)}`,
    `Message-ID: <${id}>`, ...(answers.length > 0 ? [`In-Reply-To: <${answers.at(-1)}>`, `References: ${answers.map((one) => `<${one}>`).join(' ')}`] : []), 'MIME-Version: 1.0',
  ]
  const body = [`Content-Type: text/${html ? 'html' : 'plain'}; charset=utf-8`, 'Content-Transfer-Encoding: base64', '', ...(base64(html ?? text).match(/.{1,76}/g) ?? [])]
  if (attached.length === 0) return [...head, ...body, ''].join('\r\n')
  const edge = `edge-${id.replace(/\W/g, '')}`
  const parts = attached.map(({ name, type, content, mail }) =>
    mail
      ? ['Content-Type: message/rfc822', `Content-Disposition: attachment; filename*=UTF-8''${encodeURIComponent(name)}`, '', message(mail)]
      : [`Content-Type: ${type}`, `Content-Disposition: attachment; filename*=UTF-8''${encodeURIComponent(name)}`, 'Content-Transfer-Encoding: base64', '', base64(content)],
  )
  return [...head, `Content-Type: multipart/mixed; boundary=${edge}`, '', ...[body, ...parts].flatMap((part) => [`--${edge}`, ...part]), `--${edge}--`, ''].join('\r\n')
}

const ada = ['Ada Lin', 'ada@example.org']
const bo = ['Bo Chen', 'bo@example.net']
const ming = ['陳小明', 'ming@example.tw']
const first = 'kettle-1@example.org'

export const quote = 'The copper kettle boils at ninety degrees when it stands on the balcony.'
export const markup = '<img src=x onerror="window.hostile=1">'
/** What reads as `fdp.exe` where it is not shown as what it is. */
export const turned = 'invoice\u202eexe.pdf'

const mails = {
  'kettle-1.eml': {
    from: ada, to: [bo, ming], date: 'Thu, 01 Jan 2026 10:00:00 +0000', subject: 'The copper kettle', id: first,
    text: `${quote}\nIt whistles before that.\n\nDoes anybody know why?\n\n-- \nAda Lin\nHarbour Street 4\n`,
  },
  'kettle-2.eml': {
    from: bo, to: [ada], date: 'Thu, 01 Jan 2026 11:30:00 +0000', subject: 'Re: The copper kettle', id: 'kettle-2@example.net', answers: [first],
    text: `I will bring a thermometer on Saturday.\n\nOn Thu, 1 Jan 2026 at 10:00, Ada Lin <ada@example.org> wrote:\n> ${quote}\n> It whistles before that.\n>\n> Does anybody know why?\n\n-- \nBo Chen\n`,
  },
  'kettle-3.eml': {
    from: ming, to: [ada, bo], cc: [['Cleo Park', 'cleo@example.com']], date: 'Fri, 02 Jan 2026 09:15:00 +0800', subject: '回覆：The copper kettle', id: 'kettle-3@example.tw', answers: [first, 'kettle-2@example.net'],
    text: `請看附件裡的說明，壺底的水垢要先清掉。\n\n陳小明\n\nBo Chen <bo@example.net> 於 2026年1月1日 週四 下午7:30寫道：\n> I will bring a thermometer on Saturday.\n`,
    attached: [
      { name: '水垢.md', type: 'text/markdown', content: '# 水垢\n\n用醋浸泡一夜，再用清水沖洗兩次。\n' },
      { name: 'seal.bin', type: 'application/octet-stream', content: Buffer.from([0, 159, 146, 150, 0, 1, 2, 3, 255, 0]) },
      {
        name: 'forwarded.eml',
        mail: {
          from: ['Dora', 'dora@example.info'], to: [ming], date: 'Wed, 31 Dec 2025 08:00:00 +0000', subject: 'Boiling points', id: 'points@example.info',
          text: 'The table says at which height water boils.\n',
          attached: [{ name: 'heights.csv', type: 'text/csv', content: 'metres,degrees\n0,100\n3000,90\n' }],
        },
      },
    ],
  },
  'outlook.eml': {
    from: ada, to: [ming], date: 'Mon, 05 Jan 2026 10:00:00 +0000', subject: '答覆: 陽台', id: 'outlook@example.org',
    text: '星期六可以。\n\n寄件者: 陳小明\n寄件日期: 2026年1月4日 上午 09:00\n收件者: Ada Lin\n主旨: 陽台\n\n陽台星期六方便嗎？\n我會帶溫度計。\n',
  },
  'page.eml': {
    from: bo, to: [ada], date: 'Tue, 06 Jan 2026 10:00:00 +0000', subject: 'A page in a mail', id: 'page@example.net',
    html: '<html><body><h1>Lanterns</h1><p>The lantern hangs by the door.</p><img src="https://tracker.example/pixel.png"><script>window.hostile = 1</script><p style="background:url(https://tracker.example/b.png)">It burns oil.</p></body></html>',
  },
  'hostile.eml': {
    from: [`Eve ${markup}`, 'eve@example.info'], to: [ada], date: 'Wed, 07 Jan 2026 10:00:00 +0000', subject: `Invoice ${turned} ${markup}`, id: 'hostile@example.info',
    text: `Please pay the ${markup} at once.\n\nOn Wed, 7 Jan 2026, Eve wrote:\n> ${markup}\n> <a href="javascript:window.hostile=2">pay</a>\n`,
    attached: [
      { name: `${markup}.md`, type: 'text/markdown', content: `# Pay\n\n${markup} and [pay](javascript:window.hostile=3).\n` },
      { name: turned, type: 'application/octet-stream', content: Buffer.from([0, 1, 2, 3, 0, 255, 254]) },
    ],
  },
}

export function writeMails(folder) {
  mkdirSync(folder, { recursive: true })
  for (const [name, mail] of Object.entries(mails)) writeFileSync(join(folder, name), message(mail))
}

const decoded = (value) => value.replace(/\r?\n\s+/g, ' ').replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, found) => Buffer.from(found, 'base64').toString())
const bytes = (text) => Buffer.byteLength(text)
const attribution = /(?:wrote:|寫道：)$/

/** Header fields by their names, and what follows them. */
function parted(raw) {
  const at = raw.search(/\r?\n\r?\n/)
  const fields = Object.fromEntries(
    raw.slice(0, at).split(/\r?\n(?!\s)/).map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), decoded(line.slice(line.indexOf(':') + 1).trim())]),
  )
  return { fields, body: raw.slice(at).replace(/^(?:\r?\n){2}/, '') }
}

/** A body in blocks of one kind, without the empty lines between them. */
function blocks(text) {
  const found = []
  let rest = null
  const lines = text.split('\n')
  lines.forEach((line, index) => {
    if (/^寄件者: /.test(line) && /^寄件日期: /.test(lines[index + 1] ?? '')) rest = 'quote'
    if (line === '-- ') rest ??= 'signature'
    const kind = line.trim() === '' ? null : (rest ?? (line.startsWith('>') || attribution.test(line) ? 'quote' : 'paragraph'))
    const last = found.at(-1)
    if (last && last.kind === kind && kind !== null) last.lines.push(line)
    else if (last?.kind === 'signature' && kind === null) last.lines.push(line)
    else found.push({ kind, lines: [line] })
  })
  return found.filter((one) => one.kind !== null).map(({ kind, lines: own }) => ({ kind, text: own.join('\n').trimEnd() }))
}

const paragraphs = (text) => text.trimEnd().split('\n\n').map((one) => ({ kind: one.startsWith('#') ? 'heading' : 'paragraph', text: one }))
const rows = (text) => text.trimEnd().split('\n').map((row, index) => ({ kind: index === 0 ? 'table_header' : 'table_row', text: row }))

/** Whether a mail is one of those written here; others are more than this can read. */
export const isWritten = (raw) => /^Message-ID: <[\w-]+@example\.\w+>\r$/m.test(raw)

/** The documents of a message: itself first, then those of its attachments. Each has its part, its kind and its blocks. */
export function readMail(raw, part = '') {
  const { fields, body } = parted(raw)
  const type = fields['content-type'] ?? 'text/plain'
  const edge = /boundary=(\S+)/.exec(type)?.[1]
  const pieces = edge ? body.split(`--${edge}`).slice(1, -1).map((piece) => parted(piece.replace(/^\r\n/, ''))) : [{ fields, body }]
  const [own, ...attached] = pieces
  const content = (piece) => (piece.fields['content-transfer-encoding'] === 'base64' ? Buffer.from(piece.body, 'base64') : Buffer.from(piece.body.replace(/\r\n$/, '')))
  const written = content(own).toString()
  const text = /text\/html/.test(own.fields['content-type'] ?? '') ? written.replace(/<script.*?<\/script>/gs, '').replace(/<\/(?:h1|p)>/g, '\n\n').replace(/<[^>]*>/g, '') : written
  const people = (field) => (fields[field] ? fields[field].split(/,\s/) : [])
  const date = new Date(fields.date).toISOString()
  const head = [['From', fields.from], ['To', fields.to], ['Cc', fields.cc], ['Date', date], ['Subject', fields.subject]].filter(([, value]) => value)
  const facts = { authors: people('from'), recipients: [...people('to'), ...people('cc')], date }
  const documents = [
    {
      part, kind: 'mail', media_type: 'message/rfc822', title: fields.subject, ...facts, message: fields['message-id'], thread_id: (fields.references ?? fields['message-id']).split(' ')[0],
      blocks: [{ kind: 'metadata', text: head.map(([name, value]) => `${name}: ${value}`).join('\n') }, ...blocks(text)], attached: [],
    },
  ]
  attached.forEach((piece, index) => {
    const name = decodeURIComponent(/filename\*=UTF-8''(\S+)/.exec(piece.fields['content-disposition'])?.[1] ?? '')
    const media_type = piece.fields['content-type']
    const raw = content(piece)
    const number = part === '' ? `part:${index + 2}` : `${part}.${index + 2}`
    const inside = media_type === 'message/rfc822' ? readMail(raw.toString(), number) : []
    const kind = { 'text/markdown': 'note', 'text/csv': 'table' }[media_type]
    if (kind) inside.push({ part: number, kind, media_type, title: name, ...facts, attached: [], thread_id: null, blocks: kind === 'table' ? rows(raw.toString()) : paragraphs(raw.toString()) })
    documents[0].attached.push({
      name, media_type, bytes: raw.length, part: number, kind: inside[0]?.kind ?? null, inside: { total: 0, documents: [] },
      reason: inside.length > 0 ? null : { code: 'binary', message: `\`${name}\` is not text` },
    })
    documents.push(...inside)
  })
  return documents
}

/** Blocks as the API's sections. */
export function mailSections(of) {
  let start = 0
  return of.map(({ kind, text }) => {
    const section = { label: '', kind, level: kind === 'heading' ? 1 : 0, text, span: { start, end: start + bytes(text) }, locator: { kind: 'whole' } }
    start = section.span.end + 1
    return section
  })
}
