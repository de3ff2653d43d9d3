// What can be done, by its name in every language: whoever types it may think in another than the page speaks.

import address from './messages/names.json?url'
import type { Messages } from './messages/en'
import { data } from './texts'

/** As in the catalogues, which a test compares. */
export interface Names {
  nav: Pick<Messages['nav'], 'search' | 'ask' | 'library' | 'health'>
  ask: Pick<Messages['ask'], 'newQuestion'>
  library: Pick<Messages['library'], 'add'>
  settings: Pick<Messages['settings'], 'system' | 'light' | 'dark' | 'language'>
  palette: Pick<Messages['palette'], 'keys'>
}

export async function namesInAll(): Promise<Names[]> {
  return Object.values(await data<Record<string, Names>>(address))
}
