// 指令與快速鍵清單的用語，繁體中文。

import type { Messages } from './en'

export const paletteZhHant: Messages['palette'] = {
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
