// The live status. One stream while the page is visible: browsers allow few connections to one address.

import { isAbort, statusEvents, toApiError, type ApiError, type Status } from './api'

const firstWait = 1000
const longestWait = 10_000

class Connection {
  state: 'connecting' | 'live' | 'offline' | 'unauthorized' = $state('connecting')
  status: Status | null = $state.raw(null)
  /** How often the program was away and came back: what failed meanwhile is tried again. */
  returned = $state(0)

  #stream: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #wait = firstWait

  start(): void {
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#stop() : this.#connect()))
    addEventListener('online', () => this.#connect())
    if (!document.hidden) this.#connect()
  }

  /** Tells what another request met: it often knows before the stream does. */
  noticed(error: ApiError): void {
    if (error.code === 'unauthorized') {
      this.state = 'unauthorized'
    } else if (error.code === 'offline' && this.state === 'live') {
      this.state = 'offline'
      this.#connect()
    }
  }

  #connect(): void {
    this.#stop()
    const stream = new AbortController()
    this.#stream = stream
    void this.#read(stream)
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#stream?.abort()
    this.#stream = undefined
  }

  async #read(stream: AbortController): Promise<void> {
    try {
      for await (const status of statusEvents(stream.signal)) {
        this.status = status
        if (this.state === 'offline') this.returned++
        this.state = 'live'
        this.#wait = firstWait
      }
    } catch (thrown) {
      if (stream.signal.aborted || isAbort(thrown)) return
      const error = toApiError(thrown)
      this.state = error.code === 'unauthorized' ? 'unauthorized' : 'offline'
    }
    if (stream.signal.aborted) return
    this.#timer = setTimeout(() => this.#connect(), this.#wait)
    this.#wait = Math.min(this.#wait * 2, longestWait)
  }
}

export const connection = new Connection()
