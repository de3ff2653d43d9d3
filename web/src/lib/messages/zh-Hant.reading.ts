// 文件內文旁所說的話。繁體中文。

import { numbers } from '../numbers'
import type { Messages } from './en'

const number = numbers['zh-Hant']

export const readingZhHant: Messages['reading'] = {
  empty: '這份文件沒有可顯示的文字。',
  viewFailed: '無法載入顯示這段文字的程式。請重新載入頁面。',
  before: (what) => `顯示前面的內容（${what}）`,
  after: (what) => `顯示後面的內容（${what}）`,
  sections: (sections) => `${number(sections)} 個部分`,
  lines: (lines) => `${number(lines)} 行`,
  rows: (rows) => `${number(rows)} 列`,
  parts: (parts) => `${number(parts)} 段`,
  view: '檢視方式',
  rendered: '排版後',
  written: '原文',
  table: '表格',
  sheet: (name) => `工作表「${name}」`,
  code: '程式碼',
  done: '已完成',
  open: '未完成',
  picture: (name) => `圖片：${name}`,
}
