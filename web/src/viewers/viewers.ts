// Which viewer shows the text of a document: a table by kind, then by media type. Each is loaded when the first such document is opened.

import type { Component } from 'svelte'
import type { Document, DocumentKind, OutgoingLink } from '../lib/api'
import type { Passage } from '../lib/passage'

export interface ViewerProps {
  document: Document
  /** What is to be marked; the element in which it begins carries `data-passage` and takes the focus. */
  passage: Passage
  /** The level of the heading that is the document's title. */
  top: number
  /** Where its links lead, as far as that is known yet. */
  links: readonly OutgoingLink[]
  /** Shown in place, within the mail that it is attached to. */
  attached?: boolean
  /** Brings the passage into view, to be called when it is shown in another way. */
  reveal: () => void
}

type Load = () => Promise<{ default: Component<ViewerProps> }>

const sections = apart(() => import('./Sections.svelte'))

const byMediaType = new Map<string, Load>([
  ['text/markdown', apart(() => import('./Note.svelte'))],
  ['text/plain', apart(() => import('./Lines.svelte'))],
])

const byKind = new Map<DocumentKind, Load>([['mail', apart(() => import('./Mail.svelte'))]])

/** What is drawn with a script is drawn in another task than its first run, so that neither holds up the page for long. */
function apart(load: Load): Load {
  return async () => {
    const viewer = await load()
    await new Promise((done) => setTimeout(done))
    return viewer
  }
}

/** The loader is the same for all documents that one viewer shows. */
export function viewerOf({ media_type, kind }: Document): Load {
  return byKind.get(kind) ?? byMediaType.get(media_type) ?? sections
}
