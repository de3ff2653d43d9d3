// The quotation of the mark under the pointer or with the focus, and where it is to appear.

import type { Citation } from './api'

const widest = 352

export class Tip {
  shown: { citation: Citation; opener: string; left: number; top: number; above: boolean } | null = $state.raw(null)

  /** `frame` is what the tip is placed in. */
  show(citation: Citation, event: Event, frame: HTMLElement | null | undefined): void {
    if (!(event.currentTarget instanceof HTMLElement) || !frame) return
    const mark = event.currentTarget.getBoundingClientRect()
    const box = frame.getBoundingClientRect()
    const view = document.documentElement.clientWidth
    const width = Math.min(widest, view - 32)
    const left = Math.max(16, Math.min(mark.left - 24, view - width - 16))
    const above = mark.bottom > innerHeight * 0.65
    this.shown = { citation, opener: event.currentTarget.id, left: left - box.left, top: (above ? mark.top - 6 : mark.bottom + 6) - box.top, above }
  }

  hide(): void {
    this.shown = null
  }
}
