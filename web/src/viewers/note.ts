// What the parts of a rendered note have in common.

import type { DocumentName } from '../lib/api'
import type { Block } from '../lib/note'
import type { Range } from '../lib/passage'

export interface NoteView {
  /** What is marked, in the source. */
  range: Range | undefined
  /** The documents that its links lead to, by kind and target. */
  documents: ReadonlyMap<string, DocumentName>
  /** The level of each heading. */
  levels: ReadonlyMap<Block, number>
}

export function linkKey(kind: 'name' | 'path', target: string): string {
  return `${kind} ${target}`
}
