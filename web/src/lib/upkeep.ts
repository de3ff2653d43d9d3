// The routes of the Library beside its folders, and of models and health: their shapes, and one function each.

import { call, json, type DocumentKind, type DocumentName } from './api'

/** What a folder has to do with the sources: it is one, lies in one, or holds one. */
export type Taken = 'itself' | 'inside' | 'around'

export interface Folder {
  name: string
  path: string
  source: Taken | null
}

export interface Folders {
  /** Empty for the list of several roots. */
  path: string
  /** From the root to the folder itself. */
  trail: { name: string; path: string }[]
  source: Taken | null
  folders: Folder[]
  /** Hidden folders that were not asked for. */
  hidden: number
  left_out: number
}

export interface Group {
  name: string
  documents: number
  text_bytes: number
  /** What to search for them; empty where no query says it. */
  query: string
}

export interface Overview {
  documents: number
  text_bytes: number
  files: number
  file_bytes: number
  kinds: (Group & { name: DocumentKind })[]
  /** The empty name is of those whose language is not known. */
  languages: Group[]
  years: Group[]
  /** By when they were first indexed; `name` is the first day of a period, as `2026-11-30`. */
  indexed: { by: Period; periods: Group[]; before: number }
  to_ask: DocumentName[]
}

export type Period = 'day' | 'week' | 'month'

export interface Unreadable {
  total: number
  documents: { document: DocumentName; pages: number[] }[]
}

export interface SourceRules {
  builtin: string[]
  configured: string[]
  file_name: string
  of_root: string[]
}

export type InstallState = 'verified' | 'installed' | 'partial' | 'missing' | 'corrupt'

export interface InstalledModel {
  id: string
  kind: string
  title: string
  license: string
  bytes: number
  state: InstallState
  in_use: boolean
}

export interface Finding {
  code: string
  of: string
  ok: boolean
  found: string
  remedy: string
}

export interface HealthCheck {
  started: string
  /** Null while it runs. */
  finished: string | null
  findings: Finding[]
}

export interface Health {
  data_dir: string
  models: InstalledModel[]
  speed: { answers: number; read_per_second: number | null; written_per_second: number | null; last: string } | null
  memory: { resident_bytes: number; peak_bytes: number } | null
  disk: { name: string; bytes: number }[]
  indexes: { space: string; ledger: number; by_word: number | null; by_meaning: number | null }[]
  check: HealthCheck | null
}

/** The folders in one; without a path those in the root, or the roots. */
export function folders(path: string | null, hidden: boolean, signal: AbortSignal): Promise<Folders> {
  const query = new URLSearchParams({ hidden: String(hidden) })
  if (path !== null) query.set('path', path)
  return json('GET', `/folders?${query}`, undefined, signal)
}

export function overview(signal?: AbortSignal): Promise<Overview> {
  return json('GET', `/library/overview?utc_offset=${-new Date().getTimezoneOffset()}`, undefined, signal)
}

export function unreadable(limit: number, offset: number, signal?: AbortSignal): Promise<Unreadable> {
  return json('GET', `/library/unreadable?limit=${limit}&offset=${offset}`, undefined, signal)
}

export async function retryFile(source_id: number, path: string): Promise<void> {
  await call('POST', '/problems/retry', { source_id, path })
}

export function sourceRules(id: number): Promise<SourceRules> {
  return json('GET', `/sources/${id}/rules`)
}

export function health(signal?: AbortSignal): Promise<Health> {
  return json('GET', '/health', undefined, signal)
}

export function startCheck(): Promise<HealthCheck> {
  return json('POST', '/health/check')
}
