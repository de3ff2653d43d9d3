// What is said of mails. English has the type.

import { numbers } from '../numbers'

const number = numbers.en
const count = (value: number, one: string, many: string): string => `${number(value)} ${value === 1 ? one : many}`

export const mailEn = {
  from: 'From',
  to: 'To',
  cc: 'Cc',
  bcc: 'Bcc',
  date: 'Date',
  subject: 'Subject',
  showQuoted: (lines: number) => `Show quoted text (${count(lines, 'line', 'lines')})`,
  hideQuoted: 'Hide quoted text',
  attachments: (files: number) => `Attachments (${number(files)})`,
  inside: (documents: number) => `${count(documents, 'document', 'documents')} in it`,
  unread: (why: string) => (why === '' ? 'Not searchable' : `Not searchable: ${why}`),
  opening: 'Opening the attachment…',
  thread: (mails: number) => `Conversation (${count(mails, 'mail', 'mails')})`,
  part: (first: number, last: number, mails: number) => `Mails ${number(first)} to ${number(last)} of ${number(mails)}. Open one at the end to see those beyond.`,
}
