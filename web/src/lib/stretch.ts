// A part of a long list.

/** At most `most` of so many things: those around the one at `at`, the first ones where it is -1. */
export function stretchAround(length: number, at: number, most: number): { start: number; end: number } {
  const start = Math.max(0, Math.min(at - Math.floor(most / 2), length - most))
  return { start, end: Math.min(length, start + most) }
}
