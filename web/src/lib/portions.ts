// Of something long a portion is shown at first: its beginning, or what stands around the passage.

export interface Shown {
  from: number
  to: number
}

/**
 * What is shown of `count` things: a portion of `size`, moved so that the things `first` to `last` are in it, with some before them, and
 * enlarged by as many portions as were asked for. Of a passage longer than a portion its beginning is shown.
 */
export function portion(count: number, size: number, { first, last }: { first: number; last: number }, more: { before: number; after: number }): Shown {
  const from = last < size ? 0 : Math.max(0, first - Math.floor(size / 4))
  return {
    from: Math.max(0, from - more.before * size),
    to: Math.min(count, from + (more.after + 1) * size),
  }
}
