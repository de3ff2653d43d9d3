// A conversation: its turns, and the one that is being answered. Lives longer than the place that shows it.

import {
  ask,
  conversation,
  conversations,
  deleteConversation,
  toApiError,
  type Answer,
  type ApiError,
  type ConversationHead,
  type DocumentKind,
  type Passage,
} from './api'
import { connection } from './connection.svelte'
import { Latest } from './latest'

const slowAfter = 8000

export class Turn {
  readonly asked: string
  /** How the question was understood, where that differs. */
  understood = $state('')
  state: 'looking' | 'reading' | 'writing' | 'done' | 'stopped' | 'failed' = $state('looking')
  passages: Passage[] = $state.raw([])
  reading = $state.raw({ done: 0, total: 0 })
  draft = $state('')
  answer: Answer | null = $state.raw(null)
  error: ApiError | null = $state.raw(null)
  slow = $state(false)

  constructor(asked: string) {
    this.asked = asked
  }

  get busy(): boolean {
    return this.state === 'looking' || this.state === 'reading' || this.state === 'writing'
  }
}

class Asker {
  turns: Turn[] = $state([])
  conversation: string | null = $state(null)
  earlier: ConversationHead[] = $state.raw([])
  loading = $state(false)
  /** Why a kept conversation could not be opened. */
  error: ApiError | null = $state.raw(null)

  #running: AbortController | undefined
  #opening = new Latest()

  get busy(): boolean {
    return this.turns.at(-1)?.busy ?? false
  }

  async ask(question: string, spaces: string[], kinds: DocumentKind[]): Promise<void> {
    this.stop()
    const running = new AbortController()
    this.#running = running
    this.turns.push(new Turn(question))
    const turn = this.turns.at(-1)
    if (!turn) return
    let slowTimer: ReturnType<typeof setTimeout> | undefined
    const wait = (): void => {
      clearTimeout(slowTimer)
      turn.slow = false
      slowTimer = setTimeout(() => (turn.slow = true), slowAfter)
    }
    wait()
    try {
      const request = { question, spaces, kinds, conversation: this.conversation }
      for await (const event of ask(request, running.signal)) {
        wait()
        switch (event.event) {
          case 'evidence':
            turn.passages = event.passages
            break
          case 'reading':
            turn.state = 'reading'
            turn.reading = { done: event.done, total: event.total }
            break
          case 'piece':
            turn.state = 'writing'
            turn.draft += event.text
            break
          case 'answer':
            turn.answer = event.answer
            turn.state = 'done'
            if (this.#running === running) this.conversation = event.conversation || null
            break
        }
      }
    } catch (thrown) {
      if (running.signal.aborted) {
        turn.state = 'stopped'
      } else {
        turn.error = toApiError(thrown)
        turn.state = 'failed'
        connection.noticed(turn.error)
      }
    } finally {
      clearTimeout(slowTimer)
      turn.slow = false
      if (this.#running === running) this.#running = undefined
    }
    void this.refresh()
  }

  /** Closing the connection cancels the answer on the server too. */
  stop(): void {
    this.#running?.abort()
    this.#running = undefined
  }

  begin(): void {
    this.stop()
    this.#opening.cancel()
    this.loading = false
    this.turns = []
    this.conversation = null
    this.error = null
  }

  async open(id: string): Promise<void> {
    if (id === this.conversation) return
    this.begin()
    this.conversation = id
    this.loading = true
    try {
      const kept = await this.#opening.run((signal) => conversation(id, signal))
      if (!kept) return
      this.turns = kept.turns.map((one) => {
        const turn = new Turn(one.asked)
        turn.understood = one.question === one.asked ? '' : one.question
        turn.answer = one.answer
        turn.state = 'done'
        return turn
      })
    } catch (thrown) {
      this.error = toApiError(thrown)
      this.conversation = null
      connection.noticed(this.error)
    }
    this.loading = false
  }

  /** A list of kept conversations is a comfort: where it fails the old one stays. */
  async refresh(): Promise<void> {
    try {
      this.earlier = await conversations()
    } catch (thrown) {
      connection.noticed(toApiError(thrown))
    }
  }

  async forget(id: string): Promise<void> {
    await deleteConversation(id)
    if (id === this.conversation) this.begin()
    await this.refresh()
  }
}

export const asker = new Asker()
