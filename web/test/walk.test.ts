import { expect, test } from 'vitest'
import { stepIn, stepOf, together, TypedAhead } from '../src/lib/walk'

test('keys walk, open and go up, and stay within the list', () => {
  expect(stepOf('ArrowDown', 0, 3)).toEqual({ to: 1 })
  expect(stepOf('ArrowDown', 2, 3)).toEqual({ to: 2 })
  expect(stepOf('ArrowUp', 0, 3)).toEqual({ to: 0 })
  expect(stepOf('Home', 2, 3)).toEqual({ to: 0 })
  expect(stepOf('End', 0, 3)).toEqual({ to: 2 })
  expect(stepOf('ArrowRight', 0, 3)).toBe('open')
  expect(stepOf('ArrowLeft', 0, 3)).toBe('up')
  expect(stepOf('Backspace', 0, 3)).toBe('up')
  expect(stepOf('Tab', 0, 3)).toBeNull()
})

test('arrows walk a list in columns row by row, and one column up and down only', () => {
  const walk = (columns: number, keys: string[], from: number) => keys.map((key) => stepIn(columns, key, from, 8))
  const arrows = ['ArrowDown', 'ArrowUp', 'ArrowRight', 'ArrowLeft']
  expect(walk(3, arrows, 4)).toEqual([7, 1, 5, 3])
  expect(walk(3, arrows, 1)).toEqual([4, -1, 2, 0])
  expect(walk(3, arrows, 7)).toEqual([7, 4, 7, 6])
  expect(walk(3, arrows, 5)).toEqual([7, 2, 6, 4])
  expect(walk(1, arrows, 0)).toEqual([1, -1, null, null])
  expect(walk(2, ['Home', 'End', 'Tab'], 4)).toEqual([0, 7, null])
})

const names = ['Archive', 'Mail', 'mail old', 'Notes', '茶', 'Ｎew']

test('letters jump to a name, whatever its case and width', () => {
  const typed = new TypedAhead()
  expect(typed.find('n', names, 0, 0)).toBe(3)
  expect(typed.find('e', names, 3, 100)).toBe(5)
  expect(typed.find('茶', names, 0, 100 + together + 1)).toBe(4)
  expect(typed.find('x', names, 0, 9000)).toBeNull()
})

test('letters typed quickly belong together, and after a pause they begin anew', () => {
  const typed = new TypedAhead()
  expect(typed.find('m', names, 0, 0)).toBe(1)
  expect([...'ail o'].map((letter, index) => typed.find(letter, names, 1, 50 * index)).at(-1)).toBe(2)
  expect(typed.typing(300)).toBe(true)
  expect(typed.typing(200 + together + 1)).toBe(false)
  expect(typed.find('a', names, 2, 5000)).toBe(0)
})

test('the same letter again walks through the names that begin with it', () => {
  const typed = new TypedAhead()
  expect(typed.find('m', names, 0, 0)).toBe(1)
  expect(typed.find('m', names, 1, 100)).toBe(2)
  expect(typed.find('m', names, 2, 200)).toBe(1)
})

test('an empty list leads nowhere', () => {
  expect(new TypedAhead().find('a', [], 0, 0)).toBeNull()
})
