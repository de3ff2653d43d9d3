// 关于邮件所说的话。简体中文。

import { numbers } from '../numbers'
import type { Messages } from './en'

const number = numbers['zh-Hans']

export const mailZhHans: Messages['mail'] = {
  from: '发件人',
  to: '收件人',
  cc: '抄送',
  bcc: '密送',
  date: '日期',
  subject: '主题',
  showQuoted: (lines) => `显示引文（${number(lines)} 行）`,
  hideQuoted: '隐藏引文',
  attachments: (files) => `附件（${number(files)}）`,
  inside: (documents) => `内含 ${number(documents)} 份文档`,
  unread: (why) => (why === '' ? '无法搜索' : `无法搜索：${why}`),
  opening: '正在打开附件…',
  thread: (mails) => `往来邮件（${number(mails)} 封）`,
  part: (first, last, mails) => `第 ${number(first)} 到 ${number(last)} 封，共 ${number(mails)} 封。打开两端的邮件即可查看更多。`,
}
