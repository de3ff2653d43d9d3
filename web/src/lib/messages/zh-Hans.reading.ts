// 文档内文旁所说的话。简体中文。

import { numbers } from '../numbers'
import type { Messages } from './en'

const number = numbers['zh-Hans']

export const readingZhHans: Messages['reading'] = {
  empty: '这份文档没有可显示的文字。',
  viewFailed: '无法加载显示这段文字的程序。请重新加载页面。',
  before: (what) => `显示前面的内容（${what}）`,
  after: (what) => `显示后面的内容（${what}）`,
  sections: (sections) => `${number(sections)} 个部分`,
  lines: (lines) => `${number(lines)} 行`,
  rows: (rows) => `${number(rows)} 行`,
  parts: (parts) => `${number(parts)} 段`,
  view: '查看方式',
  rendered: '排版后',
  written: '原文',
  table: '表格',
  sheet: (name) => `工作表“${name}”`,
  code: '代码',
  done: '已完成',
  open: '未完成',
  picture: (name) => `图片：${name}`,
}
