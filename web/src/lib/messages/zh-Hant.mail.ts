// 關於郵件所說的話。繁體中文。

import { numbers } from '../numbers'
import type { Messages } from './en'

const number = numbers['zh-Hant']

export const mailZhHant: Messages['mail'] = {
  from: '寄件者',
  to: '收件者',
  cc: '副本',
  bcc: '密件副本',
  date: '日期',
  subject: '主旨',
  showQuoted: (lines) => `顯示引文（${number(lines)} 行）`,
  hideQuoted: '隱藏引文',
  attachments: (files) => `附件（${number(files)}）`,
  inside: (documents) => `內含 ${number(documents)} 份文件`,
  unread: (why) => (why === '' ? '無法搜尋' : `無法搜尋：${why}`),
  opening: '正在開啟附件…',
  thread: (mails) => `往來郵件（${number(mails)} 封）`,
  part: (first, last, mails) => `第 ${number(first)} 到 ${number(last)} 封，共 ${number(mails)} 封。開啟兩端的郵件即可查看更多。`,
}
