// Names of files and people come from outside. They are shown as text, with what would deceive the eye made visible.

// Control characters, those that break a line or reorder what follows (bidirectional embeddings, overrides and isolates), and those
// that nobody sees, but for the joiners that faces and several scripts need.
const deceiving = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu
// More marks upon one letter than any script writes: they would grow over what stands beside them.
const piled = /(\p{M}{8})\p{M}+/gu

/** A name in which each control, reordering and invisible character, and each pile of marks, is replaced by the visible replacement character. */
export function plainName(name: string): string {
  return name.replace(deceiving, '\u{FFFD}').replace(piled, '$1\u{FFFD}')
}

/** The name without what would deceive the eye, to be asked for in a sentence that shows what it says. */
export function harmlessName(name: string): string {
  return plainName(name).replaceAll('\u{FFFD}', '')
}

/** A name inside a sentence of another direction: kept together by isolating marks. */
export function isolated(name: string): string {
  return `\u2068${plainName(name)}\u2069`
}

/** Folder and file of a path. */
export function splitPath(path: string): { folder: string; file: string } {
  const slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'))
  return { folder: path.slice(0, slash + 1), file: path.slice(slash + 1) }
}
