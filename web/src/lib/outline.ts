// How the sections of a document are shown: their heading levels, and which labels would only repeat the one above.

import type { Section } from './api'

export interface Outlined {
  /** 0 for what is no heading. Levels never jump down by more than one, whatever the document does. */
  heading: number
  /** The label, where it differs from that of the section before; otherwise empty. */
  label: string
}

/** `top` is the level of the document's own title. */
export function outline(sections: readonly Section[], top: number): Outlined[] {
  let level = top
  let label = ''
  return sections.map((section) => {
    const heading = section.kind === 'heading' ? Math.min(top + Math.max(1, section.level ?? 1), level + 1, 6) : 0
    if (heading > 0) level = heading
    const shown = section.label === label ? '' : section.label
    label = section.label
    return { heading, label: shown }
  })
}

/** The name of an attachment, in whatever form the document lists it. */
export function attachmentName(attachment: unknown): { name: string; document: string | null } {
  if (typeof attachment === 'string') return { name: attachment, document: null }
  const fields = (attachment ?? {}) as Record<string, unknown>
  const name = [fields.title, fields.name, fields.path, fields.part].find((field) => typeof field === 'string' && field !== '')
  const id = fields.document_id
  return { name: typeof name === 'string' ? name : '', document: typeof id === 'string' ? id : null }
}
