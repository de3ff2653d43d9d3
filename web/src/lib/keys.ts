// Keys that work everywhere on the page.

/** The key that leads to the search: `/`, but where it is a character of what is being written. */
export function isSearchKey(event: KeyboardEvent): boolean {
  const to = event.target
  const writing = to instanceof HTMLInputElement || to instanceof HTMLTextAreaElement || to instanceof HTMLSelectElement
  return event.key === '/' && !writing && !event.ctrlKey && !event.metaKey && !event.altKey
}
