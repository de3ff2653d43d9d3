import { describe, expect, test } from 'vitest'
import { readEvents, SseParser, type SseEvent } from '../src/lib/sse'
import { random } from './random'

const wire = [
  '\uFEFF: a comment\r\n',
  'event: evidence\r\ndata: {"passages": []}\r\n\r\n',
  'event:piece\ndata:{"text":"綠茶 🍵"}\n\n',
  'data: first\ndata:  second\rdata\r\r',
  'id: 7\nretry: 10\nevent: nothing\n\n',
  'event: answer\ndata: {"text": "70 °C"}\n\n',
  'data: never finished\n',
].join('')

const expected: SseEvent[] = [
  { event: 'evidence', data: '{"passages": []}' },
  { event: 'piece', data: '{"text":"綠茶 🍵"}' },
  { event: 'message', data: 'first\n second\n' },
  { event: 'answer', data: '{"text": "70 °C"}' },
]

/** The bytes cut at random places, characters and line ends included; empty cuts too. */
function cuts(bytes: Uint8Array, next: () => number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let from = 0
  while (from < bytes.length) {
    const length = Math.floor(next() * 9)
    pieces.push(bytes.slice(from, from + length))
    from += length
  }
  return pieces
}

function body(pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}

async function all(pieces: Uint8Array[]): Promise<SseEvent[]> {
  const events: SseEvent[] = []
  for await (const event of readEvents(body(pieces))) events.push(event)
  return events
}

describe('server-sent events', () => {
  test('are read as the standard says', () => {
    expect(new SseParser().push(wire)).toEqual(expected)
  })

  test('are the same however the stream is cut', async () => {
    const bytes = new TextEncoder().encode(wire)
    for (let seed = 1; seed <= 500; seed++) {
      expect(await all(cuts(bytes, random(seed))), `seed ${seed}`).toEqual(expected)
    }
    expect(await all([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected)
  })

  test('are given as soon as their last line ends', () => {
    const parser = new SseParser()
    expect(parser.push('data: x\r\n\r')).toEqual([{ event: 'message', data: 'x' }])
    expect(parser.push('\ndata: y\n\n')).toEqual([{ event: 'message', data: 'y' }])
  })

  test('close the connection when the reader leaves', async () => {
    let cancelled = false
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('data: x\n\n')),
      cancel: () => void (cancelled = true),
    })
    for await (const event of readEvents(stream)) {
      expect(event.data).toBe('x')
      break
    }
    expect(cancelled).toBe(true)
  })
})
