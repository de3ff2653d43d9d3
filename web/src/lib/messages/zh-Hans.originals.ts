// 关于文档原始文件所说的话。简体中文。

import { numbers } from '../numbers'
import type { Messages } from './en'

const number = numbers['zh-Hans']

export const originalsZhHans: Messages['originals'] = {
  open: '打开原始文件',
  download: '下载原始文件',
  getting: '正在获取文件…',
  saved: (name) => `已保存为 ${name}`,
  savedHolder: (name) => `这个部分无法单独取出，已保存包含它的文件：${name}`,
  view: '查看方式',
  pages: '页面',
  text: '文字',
  page: '页码',
  ofPages: (pages) => `共 ${number(pages)} 页`,
  pageLabel: (page, pages) => `第 ${number(page)} 页，共 ${number(pages)} 页`,
  opening: '正在打开页面…',
  smaller: '缩小',
  larger: '放大',
  fit: (percent) => `${percent}：适合宽度`,
  cited: (page) => `第 ${number(page)} 页上的段落`,
  nowhere: '不知道这个段落在页面上的位置。',
  locked: '这份 PDF 有密码保护，密码只留在程序里，所以无法显示页面。读得到的内容在“文字”里。',
  broken: '无法绘制这些页面。读得到的内容在“文字”里。',
  pageBroken: '无法绘制这一页。',
  held: '这个部分无法从包含它的文件中取出。读得到的内容在“文字”里。',
  picture: (title) => `图片：${title}`,
  pictureBroken: '这里无法显示这张图片。识别出的文字在下方。',
  citedInPicture: '图片中的段落',
}
