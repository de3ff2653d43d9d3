import { expect, test } from 'vitest'
import { Latest } from '../src/lib/latest'

test('only the last call counts, in whatever order the replies come', async () => {
  const latest = new Latest()
  const replies: ((value: string) => void)[] = []
  const signals: AbortSignal[] = []
  const call = (): Promise<string | undefined> =>
    latest.run((signal) => {
      signals.push(signal)
      return new Promise<string>((resolve) => replies.push(resolve))
    })
  const [first, second] = [call(), call()]
  replies[1]?.('second')
  replies[0]?.('first')
  expect(await first).toBeUndefined()
  expect(await second).toBe('second')
  expect(signals.map((signal) => signal.aborted)).toEqual([true, false])
})

test('what an overtaken call throws is dropped, what the last one throws is not', async () => {
  const latest = new Latest()
  const failing = (): Promise<never> => Promise.reject(new Error('no'))
  const first = latest.run(failing)
  const second = latest.run(failing)
  expect(await first).toBeUndefined()
  await expect(second).rejects.toThrow('no')
  const third = latest.run(() => Promise.resolve(3))
  latest.cancel()
  expect(await third).toBeUndefined()
})
