// Narrowing a search and its order, in English.

import { numbers } from '../numbers'

const number = numbers.en
const documents = (count: number): string => `${number(count)} ${count === 1 ? 'document' : 'documents'}`

export const facetsEn = {
  label: 'Filters',
  chosen: (count: number) => `Filters, ${number(count)} chosen`,
  names: { type: 'Type', space: 'Space', folder: 'Folder', person: 'From', tag: 'Tag', year: 'Year' },
  documents,
  showAll: (count: number) => `Show all ${number(count)}`,
  showFewer: 'Show fewer',
  more: (count: number) => `and ${number(count)} more`,
  covers: {
    all_words: (count: number) => `${documents(count)} with all your words`,
    any_word: (count: number) => `${documents(count)} with one of your words; none has all`,
    filters: (count: number) => `${documents(count)} in all`,
  },
  counted: 'Counted by word. What is found by its meaning only is not in these numbers.',
  clear: 'Clear the filters',
  failed: 'The counts are not to be had just now.',
  sort: 'Sort',
  sorts: { relevance: 'Best match', newest: 'Newest', oldest: 'Oldest', title: 'Title' },
  sorted: {
    all_words: (shown: number, count: number) => `${number(shown)} of ${documents(count)} with all your words`,
    any_word: (shown: number, count: number) => `${number(shown)} of ${documents(count)} with one of your words; none has all`,
    filters: (shown: number, count: number) => `${number(shown)} of ${documents(count)}`,
  },
  byWord: 'Sorted lists are searched by word only.',
}
