// What is said while a question is answered, of how it was taken, and of what its answer rests on. English.

import { numbers } from '../numbers'

const number = numbers.en
const count = (value: number, one: string, many: string): string => `${number(value)} ${value === 1 ? one : many}`

export const askEn = {
  first: 'From your documents, while the model reads',
  firstKept: 'From your documents',
  firstAloud: (quote: string, title: string) => `From your documents, while the model reads: ${quote} This is in ${title}.`,
  readingAloud: (percent: string) => `Reading, ${percent}`,
  doneAloud: (outcome: string, text: string) => `The answer is ready. ${outcome}. ${text}`,
  taken: {
    fact: 'Taken as a question for one fact',
    list: 'Taken as a question for every document that fits',
    summary: 'Taken as a wish for a summary',
    comparison: 'Taken as a wish to compare',
  },
  because: (words: string) => `, because of “${words}”`,
  chosen: ', as you chose',
  otherwise: 'Take it otherwise',
  ways: { fact: 'As one fact', list: 'As a list', summary: 'As a summary', comparison: 'As a comparison' },
  wayLabel: (way: string, question: string) => `${way}: ${question}`,
  askedAs: (question: string) => `Asked as: ${question}`,
  walked: 'Search for the same:',
  about: 'About:',
  table: 'Documents that fit',
  columns: { number: 'No.', title: 'Title', from: 'From', date: 'Date' },
  versions: (versions: number) => `and ${count(versions, 'other version', 'other versions')}`,
  fitting: (total: number, walked: number) => `${count(total, 'document fits', 'documents fit')}, of ${number(walked)} that ${walked === 1 ? 'was' : 'were'} looked at.`,
  shown: (shown: number) => `The first ${number(shown)} are shown.`,
  quotes: (quotes: number) => count(quotes, 'quotation', 'quotations'),
  disagree: 'Your documents disagree',
  newest: 'newest',
  undated: 'date unknown',
  searched: (searched: number, all: number) =>
    searched === all ? `Searched ${count(all, 'document', 'documents')} you may read` : `Searched ${number(searched)} of ${count(all, 'document', 'documents')} you may read`,
  unsearched: (files: number) => `${count(files, 'file', 'files')} could not be searched`,
  unreadable: (pages: number) => `${count(pages, 'page has', 'pages have')} no readable text`,
  dropped: (sentences: number) =>
    sentences === 1
      ? '1 sentence the model wrote is not in your documents and was left out'
      : `${number(sentences)} sentences the model wrote are not in your documents and were left out`,
  unread: (hits: number) => (hits === 1 ? '1 passage was found and not read' : `${number(hits)} passages were found and not read`),
  unreadSentences: (sentences: number) =>
    `${sentences === 1 ? '1 sentence was' : `${number(sentences)} sentences were`} not read, for want of room or because others fit better`,
  semicolon: '; ',
  sure: 'How likely it is right, as far as the program can tell',
  copy: 'Copy',
  copied: 'Copied with its passages',
  copyFailed: 'The browser did not allow copying.',
  save: 'Save',
  copyLabel: (question: string) => `Copy the answer as Markdown: ${question}`,
  saveLabel: (question: string) => `Save the answer as Markdown: ${question}`,
  receipt: 'Receipt',
  receiptLabel: (question: string) => `Save the receipt of the answer: ${question}`,
  fileName: 'answer',
  lost: 'The connection broke before the answer was finished. Your question is kept.',
  restored: 'This question had no answer yet when the page was left. Ask it again, or change it.',
  conversations: 'Conversations',
  searchConversations: 'Search in conversations',
  noConversation: (words: string) => `No conversation has “${words}”.`,
  foundConversations: (conversations: number) => count(conversations, 'conversation', 'conversations'),
  open: 'open now',
  deeds: (title: string) => `More for “${title}”`,
  rename: 'Rename',
  renameLabel: 'New title',
  keep: 'Keep',
  exportMarkdown: 'Save as Markdown',
  exportJson: 'Save as JSON',
  failed: 'That did not work.',
}
