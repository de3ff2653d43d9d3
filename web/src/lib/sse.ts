// Server-sent events from a fetch body: EventSource can neither POST nor tell a status. The format is that of the HTML
// standard, 9.2.6 (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).

export interface SseEvent {
  event: string
  data: string
}

/** Takes a stream cut anywhere, gives the events that are complete. */
export class SseParser {
  #rest = ''
  #event = ''
  #data: string[] = []
  #first = true
  #afterReturn = false

  push(text: string): SseEvent[] {
    const events: SseEvent[] = []
    if (text === '') return events
    if (this.#first && text.startsWith('\uFEFF')) text = text.slice(1)
    this.#first = false
    // A carriage return ends a line at once; a line feed that follows it, now or in the next piece, belongs to it.
    if (this.#afterReturn && text.startsWith('\n')) text = text.slice(1)
    this.#afterReturn = text === '' ? false : text.endsWith('\r')
    this.#rest += text
    for (;;) {
      const end = /\r\n|\r|\n/.exec(this.#rest)
      if (!end) return events
      const line = this.#rest.slice(0, end.index)
      this.#rest = this.#rest.slice(end.index + end[0].length)
      const event = this.#line(line)
      if (event) events.push(event)
    }
  }

  #line(line: string): SseEvent | undefined {
    if (line === '') {
      const event = this.#data.length > 0 ? { event: this.#event || 'message', data: this.#data.join('\n') } : undefined
      this.#event = ''
      this.#data = []
      return event
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.#event = value
    else if (field === 'data') this.#data.push(value)
    return undefined
  }
}

/** The events of a body as they arrive. Leaving the loop early closes the connection. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const parser = new SseParser()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      // An event that the end of the stream cut off is none.
      if (done) return
      yield* parser.push(decoder.decode(value, { stream: true }))
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
