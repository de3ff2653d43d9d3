// Addresses of earlier versions have spaces and kinds beside the query; in the query language they are a part of it.

import type { DocumentKind } from './api'

export function withFilters(query: string, spaces: readonly string[], kinds: readonly DocumentKind[]): string {
  const parts = [query.trim(), alternatives(kinds.map((kind) => `type:${kind}`)), alternatives(spaces.map((space) => `space:${quoted(space)}`))]
  return parts.filter((part) => part !== '').join(' ')
}

function alternatives(written: readonly string[]): string {
  return written.length > 1 ? `(${written.join(' OR ')})` : (written[0] ?? '')
}

function quoted(name: string): string {
  return name.includes('"') ? `「${name}」` : `"${name}"`
}
