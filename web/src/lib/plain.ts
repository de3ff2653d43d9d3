// Names of files and people come from outside. They are shown as text, with what would deceive the eye made visible.

// Control characters, and those that reorder what follows (bidirectional embeddings, overrides and isolates).
const deceiving = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu

/** A name in which each control and reordering character is replaced by the visible replacement character. */
export function plainName(name: string): string {
  return name.replace(deceiving, '\u{FFFD}')
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
