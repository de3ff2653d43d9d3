// A conversation: its turns, and the one that is being answered. Lives longer than the place that shows it.

import {
  ask,
  conversation,
  conversations,
  deleteConversation,
  renameConversation,
  toApiError,
  type Answer,
  type AnswerKind,
  type AnswerRoute,
  type ApiError,
  type AskEvent,
  type AskRequest,
  type Citation,
  type ConversationHead,
  type DocumentKind,
  type Passage,
} from './api'
import { connection } from './connection.svelte'
import { Drafts, type Pending } from './drafts'
import { Latest } from './latest'

const slowAfter = 8000
/** A program that was just told to stop an answer may still be busy with it. */
const busyTries = 8
const busyWait = 400

const sleep = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds))

/** The connection broke, or the program stopped: the answer may be kept all the same. */
export function wasLost(error: ApiError): boolean {
  return error.code === 'offline' || error.code === 'broken_reply' || error.code === 'cancelled'
}

export class Turn {
  readonly asked: string
  readonly spaces: string[]
  readonly kinds: DocumentKind[]
  /** How the question is to be taken, where the asker said so. */
  readonly as: AnswerKind | undefined
  /** It was asked again by itself, after the connection broke. */
  again = false
  readonly began = Date.now()
  state: 'looking' | 'waiting' | 'reading' | 'thinking' | 'writing' | 'done' | 'stopped' | 'failed' = $state('looking')
  route: AnswerRoute | null = $state.raw(null)
  first: Citation | null = $state.raw(null)
  passages: Passage[] = $state.raw([])
  /** Questions that are answered before this one. */
  ahead = $state(0)
  reading = $state.raw({ done: 0, total: 0 })
  /** What the model thought before it answered; kept nowhere. */
  thought = $state('')
  draft = $state('')
  answer: Answer | null = $state.raw(null)
  receipt: string | null = $state(null)
  error: ApiError | null = $state.raw(null)
  slow = $state(false)

  constructor(asked: string, spaces: string[] = [], kinds: DocumentKind[] = [], as?: AnswerKind) {
    this.asked = asked
    this.spaces = spaces
    this.kinds = kinds
    this.as = as
  }

  get chosen(): boolean {
    return this.as !== undefined
  }

  get busy(): boolean {
    return this.state !== 'done' && this.state !== 'stopped' && this.state !== 'failed'
  }

  finish(answer: Answer, receipt: string | null): void {
    this.answer = answer
    this.receipt = receipt
    this.error = null
    this.state = 'done'
  }

  /** What the stream says, but for its end. */
  hear(event: AskEvent): void {
    switch (event.event) {
      case 'route':
        this.route = event
        break
      case 'first':
        this.first = event.citation
        break
      case 'evidence':
        this.passages = event.passages
        // Evidence comes twice where the question is asked again in another language.
        this.draft = ''
        break
      case 'waiting':
        this.state = 'waiting'
        this.ahead = event.ahead
        break
      case 'reading':
        this.state = 'reading'
        this.reading = { done: event.done, total: event.total }
        break
      case 'thought':
        this.state = 'thinking'
        this.thought += event.text
        break
      case 'piece':
        this.state = 'writing'
        this.draft += event.text
        break
      case 'answer':
        this.finish(event.answer, event.receipt ?? null)
        break
    }
  }
}

class Asker {
  turns: Turn[] = $state([])
  conversation: string | null = $state(null)
  /** Kept conversations, or those in which `words` stand. */
  earlier: ConversationHead[] = $state.raw([])
  words = $state('')
  loading = $state(false)
  /** Why a kept conversation could not be opened. */
  error: ApiError | null = $state.raw(null)
  readonly drafts = new Drafts(() => localStorage)

  #running: AbortController | undefined
  #opening = new Latest()
  #listing = new Latest()

  get busy(): boolean {
    return this.turns.at(-1)?.busy ?? false
  }

  ask(question: string, spaces: string[], kinds: DocumentKind[], as?: AnswerKind): Promise<void> {
    return this.#ask(new Turn(question, spaces, kinds, as), this.busy)
  }

  /** `stopped`: the program may still be busy with an answer that nobody waits for. */
  async #ask(turn: Turn, stopped: boolean): Promise<void> {
    const { asked: question, spaces, kinds, as } = turn
    this.stop()
    const running = new AbortController()
    this.#running = running
    this.turns.push(turn)
    this.drafts.asked({ question, conversation: this.conversation ?? '', began: turn.began })
    let slowTimer: ReturnType<typeof setTimeout> | undefined
    const wait = (): void => {
      clearTimeout(slowTimer)
      turn.slow = false
      slowTimer = setTimeout(() => (turn.slow = true), slowAfter)
    }
    wait()
    try {
      const request = { question, spaces, kinds, conversation: this.conversation, ...(as && { as }) }
      for await (const event of patiently(request, running.signal, stopped)) {
        wait()
        turn.hear(event)
        if (event.event === 'answer' && this.#running === running) this.conversation = event.conversation || null
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
    // One that was stopped by the next must not forget the next.
    if (turn.state !== 'failed' && this.drafts.pending()?.began === turn.began) this.drafts.asked(null)
    if (turn.state === 'failed') void this.recover()
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
        const turn = new Turn(one.question)
        turn.finish(one.answer, one.receipt ?? null)
        return turn
      })
    } catch (thrown) {
      this.error = toApiError(thrown)
      this.conversation = null
      connection.noticed(this.error)
    }
    this.loading = false
  }

  /** After the connection broke: an answer that was finished meanwhile is in its conversation. */
  async recover(): Promise<void> {
    const turn = this.turns.at(-1)
    if (turn?.state !== 'failed' || !turn.error || !wasLost(turn.error)) return
    const found = await this.#kept({ question: turn.asked, conversation: this.conversation ?? '', began: turn.began })
    if (!found || turn !== this.turns.at(-1) || turn.state !== 'failed') return
    turn.finish(found.answer, found.receipt)
    this.conversation = found.conversation
    this.drafts.asked(null)
  }

  /**
   * The program was away and is back. What it did not finish, because it was stopped or its asker was not to be reached, is asked
   * again, once: a question that brings the program down does not do it over and over.
   */
  async comeBack(): Promise<void> {
    await this.recover()
    const lost = this.turns.at(-1)
    if (lost?.state !== 'failed' || lost.again || !lost.error || !wasLost(lost.error) || connection.state !== 'live') return
    this.turns.pop()
    const turn = new Turn(lost.asked, lost.spaces, lost.kinds, lost.as)
    turn.again = true
    await this.#ask(turn, true)
  }

  /**
   * What was asked when the page was left: the conversation that has its answer, or the question to be asked again.
   * It is given out once.
   */
  async resume(): Promise<{ conversation: string } | { question: string; of: string } | null> {
    const pending = this.drafts.pending()
    if (!pending || this.turns.length > 0) return null
    const found = await this.#kept(pending)
    if (this.busy || this.drafts.pending()?.began !== pending.began) return null
    this.drafts.asked(null)
    return found ? { conversation: found.conversation } : { question: pending.question, of: pending.conversation }
  }

  async #kept(pending: Pending): Promise<{ conversation: string; answer: Answer; receipt: string | null } | null> {
    try {
      const heads = pending.conversation === '' ? (await conversations()).filter((one) => Date.parse(one.updated) >= pending.began - 2000) : []
      for (const id of pending.conversation === '' ? heads.slice(0, 3).map((one) => one.id) : [pending.conversation]) {
        const last = (await conversation(id)).turns.at(-1)
        // A moment that cannot be read is taken for a late one.
        if (last?.question === pending.question && !(Date.parse(last.asked) < pending.began - 2000)) {
          return { conversation: id, answer: last.answer, receipt: last.receipt ?? null }
        }
      }
    } catch (thrown) {
      connection.noticed(toApiError(thrown))
    }
    return null
  }

  /** A list of kept conversations is a comfort: where it fails the old one stays. */
  async refresh(): Promise<void> {
    try {
      const found = await this.#listing.run((signal) => conversations(this.words.trim(), signal))
      if (found) this.earlier = found
    } catch (thrown) {
      connection.noticed(toApiError(thrown))
    }
  }

  async rename(id: string, title: string): Promise<void> {
    await renameConversation(id, title)
    await this.refresh()
  }

  async forget(id: string): Promise<void> {
    await deleteConversation(id)
    this.drafts.keep(id, '')
    if (id === this.conversation) this.begin()
    await this.refresh()
  }
}

/** Asks; when the program is still busy with an answer that was just stopped, a few times. */
async function* patiently(request: AskRequest, signal: AbortSignal, stopped: boolean): AsyncGenerator<AskEvent> {
  for (let left = stopped ? busyTries : 0; ; left--) {
    try {
      yield* ask(request, signal)
      return
    } catch (thrown) {
      if (left <= 0 || signal.aborted || toApiError(thrown).code !== 'busy') throw thrown
      await sleep(busyWait)
    }
  }
}

export const asker = new Asker()
