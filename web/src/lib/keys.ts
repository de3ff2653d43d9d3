// Keys that work everywhere on the page.

/** The key that leads to the search: `/`, but where it is a character of what is being written. */
export function isSearchKey(event: KeyboardEvent): boolean {
  return isSign(event, '/')
}

/** `?`, which shows all keys. */
export function isKeysKey(event: KeyboardEvent): boolean {
  return isSign(event, '?')
}

function isSign(event: KeyboardEvent, sign: string): boolean {
  const to = event.target
  const writing = to instanceof HTMLInputElement || to instanceof HTMLTextAreaElement || to instanceof HTMLSelectElement
  return event.key === sign && !writing && !event.ctrlKey && !event.metaKey && !event.altKey
}

// On a Mac, Ctrl+K deletes to the end of a line.
const mac = /Mac|iP(hone|ad)/.test(navigator.platform)

/** What opens the commands, as it is written on the keys. */
export const commandsKey = mac ? '⌘K' : 'Ctrl+K'

export function isCommandsKey(event: KeyboardEvent): boolean {
  const held = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey
  return held && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k'
}
