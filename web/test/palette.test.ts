import { expect, test } from 'vitest'
import { en, type Messages } from '../src/lib/messages/en'
import names from '../src/lib/messages/names.json'
import { zhHans } from '../src/lib/messages/zh-Hans'
import { zhHant } from '../src/lib/messages/zh-Hant'
import { fit, ranked } from '../src/lib/palette'
import { Recent } from '../src/lib/recent'

test('words fit by their beginnings, in any order, or by the letters that begin them', () => {
  const text = 'Go to Library'
  const scores = ['go to library', 'go', 'lib', 'brary', 'library go', 'gl', 'gtl', 'golib'].map((typed) => fit(typed, text))
  expect(scores).toEqual([5, 4, 3, 2, 2.5, 1, 1, 1])
  for (const typed of ['x', 'b', 'lg', 'libraries', 'tea', 'lib x']) expect(fit(typed, text), typed).toBe(0)
  expect(fit('ecole', 'École des thés')).toBe(4)
})

test('Chinese fits by any part, a single sign too', () => {
  expect(fit('庫', '前往資料庫')).toBe(3)
  expect(fit('資料', '前往資料庫')).toBe(3)
  expect(fit('前往', '前往資料庫')).toBe(4)
  expect(fit('料資', '前往資料庫')).toBe(0)
})

test('nothing typed fits everything in its order; the best fit comes first, and another name counts a little less', () => {
  const commands = [
    { name: 'Appearance: Dark', also: ['深色'] },
    { name: 'Library', also: ['資料庫', '资料库'] },
    { name: 'Dark tea', also: [] },
  ]
  expect(ranked('', commands).map(({ command }) => command.name)).toEqual(['Appearance: Dark', 'Library', 'Dark tea'])
  expect(ranked('dark', commands).map(({ command }) => command.name)).toEqual(['Dark tea', 'Appearance: Dark'])
  expect(ranked('资料', commands).map(({ command }) => command.name)).toEqual(['Library'])
})

test('what can be done is called in every language as its catalogue calls it', () => {
  const named = ({ nav, ask, library, settings, palette }: Messages) => ({
    nav: { search: nav.search, ask: nav.ask, library: nav.library, health: nav.health },
    ask: { newQuestion: ask.newQuestion },
    library: { add: library.add },
    settings: { system: settings.system, light: settings.light, dark: settings.dark, language: settings.language },
    palette: { keys: palette.keys },
  })
  expect(names).toEqual({ en: named(en), 'zh-Hant': named(zhHant), 'zh-Hans': named(zhHans) })
})

test('what was read last comes first, once, and at most eight are kept', () => {
  const kept = new Map<string, string>()
  const shelf = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) }
  const recent = new Recent(() => shelf)
  for (let number = 0; number < 12; number++) recent.read({ id: `d${number}`, title: `Title ${number}` })
  recent.read({ id: 'd9', title: 'Title 9, changed' })
  expect(recent.all().map((one) => one.id)).toEqual(['d9', 'd11', 'd10', 'd8', 'd7', 'd6', 'd5', 'd4'])
  expect(recent.all()[0]?.title).toBe('Title 9, changed')
  recent.forget('d11')
  expect(recent.all().map((one) => one.id)).not.toContain('d11')
  kept.set('rushlight.read', '[{"id":1},null,{"id":"x","title":"X"}]')
  expect(recent.all()).toEqual([{ id: 'x', title: 'X' }])
  kept.set('rushlight.read', '{')
  expect(recent.all()).toEqual([])
  const forbidden = new Recent(() => {
    throw new Error('forbidden')
  })
  forbidden.read({ id: 'a', title: 'a' })
  expect(forbidden.all()).toEqual([])
})
