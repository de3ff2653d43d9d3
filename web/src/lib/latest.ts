// Of many calls only the last one counts: the others are cancelled and their replies dropped.

export class Latest {
  #controller: AbortController | undefined

  /** Runs `work`; resolves to `undefined` when another call or `cancel` overtook it, whatever it gave or threw. */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    this.#controller?.abort()
    const controller = new AbortController()
    this.#controller = controller
    try {
      const value = await work(controller.signal)
      return controller.signal.aborted ? undefined : value
    } catch (error) {
      if (controller.signal.aborted) return undefined
      throw error
    }
  }

  cancel(): void {
    this.#controller?.abort()
    this.#controller = undefined
  }
}
