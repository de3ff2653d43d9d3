// 關於文件原始檔所說的話。繁體中文。

import { numbers } from '../numbers'
import type { Messages } from './en'

const number = numbers['zh-Hant']

export const originalsZhHant: Messages['originals'] = {
  open: '開啟原始檔',
  download: '下載原始檔',
  getting: '正在取得檔案…',
  saved: (name) => `已儲存為 ${name}`,
  savedHolder: (name) => `這個部分無法單獨取出，已儲存包含它的檔案：${name}`,
  view: '檢視方式',
  pages: '頁面',
  text: '文字',
  page: '頁碼',
  ofPages: (pages) => `共 ${number(pages)} 頁`,
  pageLabel: (page, pages) => `第 ${number(page)} 頁，共 ${number(pages)} 頁`,
  opening: '正在開啟頁面…',
  smaller: '縮小',
  larger: '放大',
  fit: (percent) => `${percent}：符合寬度`,
  cited: (page) => `第 ${number(page)} 頁上的段落`,
  nowhere: '不知道這個段落在頁面上的位置。',
  locked: '這份 PDF 有密碼保護，密碼只留在程式裡，所以無法顯示頁面。讀得到的內容在「文字」裡。',
  broken: '無法繪製這些頁面。讀得到的內容在「文字」裡。',
  pageBroken: '無法繪製這一頁。',
  held: '這個部分無法從包含它的檔案中取出。讀得到的內容在「文字」裡。',
  picture: (title) => `圖片：${title}`,
  pictureBroken: '這裡無法顯示這張圖片。辨識出的文字在下方。',
  citedInPicture: '圖片中的段落',
}
