// The values that addresses and requests choose among, in the order in which they are shown.

import type { AnswerKind, DocumentKind, Sort } from './shapes'

export const documentKinds: readonly DocumentKind[] = ['note', 'mail', 'pdf', 'document', 'table', 'slides', 'image', 'html', 'text']

export const sorts: readonly Sort[] = ['relevance', 'newest', 'oldest', 'title']

export const answerKinds: readonly AnswerKind[] = ['fact', 'list', 'summary', 'comparison']
