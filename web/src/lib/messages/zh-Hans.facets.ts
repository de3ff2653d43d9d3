// 筛选与排序，简体中文。

import { numbers } from '../numbers'
import type { Messages } from './en'

const number = numbers['zh-Hans']

export const facetsZhHans: Messages['facets'] = {
  label: '筛选',
  chosen: (count) => `筛选，已选 ${number(count)} 项`,
  names: { type: '类型', space: '空间', folder: '文件夹', person: '发件人或作者', tag: '标签', year: '年份' },
  documents: (count) => `${number(count)} 份文档`,
  showAll: (count) => `显示全部 ${number(count)} 项`,
  showFewer: '收起',
  more: (count) => `另有 ${number(count)} 项`,
  covers: {
    all_words: (count) => `${number(count)} 份文档有全部字词`,
    any_word: (count) => `${number(count)} 份文档有其中的字词；没有文档全都有`,
    filters: (count) => `共 ${number(count)} 份文档`,
  },
  counted: '份数按字词计算，只按语义找到的不算在内。',
  clear: '清除筛选',
  failed: '目前无法计算份数。',
  sort: '排序方式',
  sorts: { relevance: '最相符', newest: '最新', oldest: '最旧', title: '标题' },
  sorted: {
    all_words: (shown, count) => `有全部字词的文档共 ${number(count)} 份，显示 ${number(shown)} 份`,
    any_word: (shown, count) => `有其中字词的文档共 ${number(count)} 份，显示 ${number(shown)} 份；没有文档全都有`,
    filters: (shown, count) => `共 ${number(count)} 份文档，显示 ${number(shown)} 份`,
  },
  byWord: '这样排序时，只按字词搜索。',
}
