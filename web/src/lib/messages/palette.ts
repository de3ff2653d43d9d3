// The words of the commands and of the list of keys, which are loaded when they are first wanted.

import type { Language } from '../language'

const english = {
  title: 'Commands',
  placeholder: 'Where to, what to look for, what to do',
  search: (words: string) => `Search for ${words}`,
  ask: (words: string) => `Ask ${words}`,
  go: (place: string) => `Go to ${place}`,
  theme: (name: string) => `Appearance: ${name}`,
  language: (name: string) => `Language: ${name}`,
  keys: 'All keys',
  groups: { typed: 'What you typed', places: 'Places', documents: 'Read last', conversations: 'Conversations', deeds: 'Actions', settings: 'Settings' },
  none: 'Nothing fits.',
  count: (commands: number) => (commands === 1 ? '1 command' : `${commands} commands`),
  current: 'now',
  keysTitle: 'Keys',
  where: { everywhere: 'Everywhere', search: 'Search', ask: 'Ask', document: 'Document beside' },
  does: {
    commands: 'commands: go, look for, do',
    search: 'to the search',
    keys: 'this list',
    escape: 'closes what is open',
    down: 'from the field into the results',
    walk: 'through results and suggestions',
    ends: 'first and last result',
    open: 'opens the result, or takes the suggestion',
    send: 'asks',
    line: 'begins a new line',
    close: 'closes the document and goes back to its result',
  },
}

export type PaletteMessages = typeof english

const traditional: PaletteMessages = {
  title: '指令',
  placeholder: '要去哪裡、找什麼、做什麼',
  search: (words) => `搜尋${words}`,
  ask: (words) => `提問${words}`,
  go: (place) => `前往${place}`,
  theme: (name) => `外觀：${name}`,
  language: (name) => `語言：${name}`,
  keys: '所有快速鍵',
  groups: { typed: '您輸入的內容', places: '頁面', documents: '最近讀過', conversations: '對話', deeds: '動作', settings: '設定' },
  none: '沒有符合的項目。',
  count: (commands) => `${commands} 個指令`,
  current: '目前',
  keysTitle: '快速鍵',
  where: { everywhere: '任何地方', search: '搜尋', ask: '提問', document: '旁邊的文件' },
  does: {
    commands: '開啟指令：前往、搜尋、執行',
    search: '跳到搜尋',
    keys: '顯示這份清單',
    escape: '關閉開啟的項目',
    down: '從輸入框移到結果',
    walk: '在結果與建議之間移動',
    ends: '第一個與最後一個結果',
    open: '開啟結果，或採用建議',
    send: '送出問題',
    line: '換行',
    close: '關閉文件，回到它的結果',
  },
}

const simplified: PaletteMessages = {
  title: '命令',
  placeholder: '要去哪里、找什么、做什么',
  search: (words) => `搜索${words}`,
  ask: (words) => `提问${words}`,
  go: (place) => `前往${place}`,
  theme: (name) => `外观：${name}`,
  language: (name) => `语言：${name}`,
  keys: '所有快捷键',
  groups: { typed: '您输入的内容', places: '页面', documents: '最近读过', conversations: '对话', deeds: '操作', settings: '设置' },
  none: '没有匹配项。',
  count: (commands) => `${commands} 个命令`,
  current: '当前',
  keysTitle: '快捷键',
  where: { everywhere: '任何地方', search: '搜索', ask: '提问', document: '旁边的文档' },
  does: {
    commands: '打开命令：前往、搜索、执行',
    search: '跳到搜索',
    keys: '显示这份列表',
    escape: '关闭打开的项目',
    down: '从输入框移到结果',
    walk: '在结果与建议之间移动',
    ends: '第一个与最后一个结果',
    open: '打开结果，或采用建议',
    send: '发送问题',
    line: '换行',
    close: '关闭文档，回到它的结果',
  },
}

export const paletteMessages: Record<Language, PaletteMessages> = { en: english, 'zh-Hant': traditional, 'zh-Hans': simplified }
