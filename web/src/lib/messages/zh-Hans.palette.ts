// 命令与快捷键列表的用语，简体中文。

import type { Messages } from './en'

export const paletteZhHans: Messages['palette'] = {
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
