// 篩選與排序，繁體中文。

import { numbers } from '../numbers'
import type { Messages } from './en'

const number = numbers['zh-Hant']

export const facetsZhHant: Messages['facets'] = {
  label: '篩選',
  chosen: (count) => `篩選，已選 ${number(count)} 項`,
  names: { type: '類型', space: '空間', folder: '資料夾', person: '寄件人或作者', tag: '標籤', year: '年份' },
  documents: (count) => `${number(count)} 份文件`,
  showAll: (count) => `顯示全部 ${number(count)} 項`,
  showFewer: '顯示較少',
  more: (count) => `另有 ${number(count)} 項`,
  covers: {
    all_words: (count) => `${number(count)} 份文件有全部字詞`,
    any_word: (count) => `${number(count)} 份文件有其中的字詞；沒有文件全都有`,
    filters: (count) => `共 ${number(count)} 份文件`,
  },
  counted: '份數依字詞計算，只依語意找到的不算在內。',
  clear: '清除篩選',
  failed: '目前無法計算份數。',
  sort: '排序方式',
  sorts: { relevance: '最相符', newest: '最新', oldest: '最舊', title: '標題' },
  sorted: {
    all_words: (shown, count) => `有全部字詞的文件共 ${number(count)} 份，顯示 ${number(shown)} 份`,
    any_word: (shown, count) => `有其中字詞的文件共 ${number(count)} 份，顯示 ${number(shown)} 份；沒有文件全都有`,
    filters: (shown, count) => `共 ${number(count)} 份文件，顯示 ${number(shown)} 份`,
  },
  byWord: '這樣排序時，只依字詞搜尋。',
}
