import { expect, test } from 'vitest'
import type { Section } from '../src/lib/api'
import { attachmentName, outline } from '../src/lib/outline'

const section = (kind: string, level: number | null, label: string): Section => ({ kind, level, label, span: { start: 0, end: 1 }, text: 'x' })

test('headings follow each other without a gap, and labels are not repeated', () => {
  const lines = outline(
    [section('heading', 3, 'line 1'), section('paragraph', null, 'line 2'), section('paragraph', null, 'line 2'), section('heading', 6, 'line 4'), section('heading', 1, 'line 5')],
    2,
  )
  expect(lines.map((line) => line.heading)).toEqual([3, 0, 0, 4, 3])
  expect(lines.map((line) => line.label)).toEqual(['line 1', 'line 2', '', 'line 4', 'line 5'])
})

test('attachments have a name in whatever form they come', () => {
  expect(attachmentName('offer.pdf')).toEqual({ name: 'offer.pdf', document: null })
  expect(attachmentName({ title: '', name: 'offer.pdf', document_id: 'd1' })).toEqual({ name: 'offer.pdf', document: 'd1' })
  expect(attachmentName(null)).toEqual({ name: '', document: null })
})
