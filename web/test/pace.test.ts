import { expect, test } from 'vitest'
import { Pace, pause } from '../src/lib/pace'

test('progress is said only after a pause since anything was said', () => {
  const pace = new Pace()
  expect(pace.progress(0)).toBe(true)
  expect(pace.progress(pause - 1)).toBe(false)
  expect(pace.progress(pause)).toBe(true)
  pace.news(pause + 1)
  expect(pace.progress(2 * pause)).toBe(false)
  expect(pace.progress(2 * pause + 1)).toBe(true)
})
