// What the page remembers in the browser. A browser that forbids it gets the defaults each time.

export function remembered<T extends string>(name: string, allowed: readonly T[]): T | null {
  const value = kept(name)
  return allowed.find((choice) => choice === value) ?? null
}

/** Whatever is kept under a name; empty where nothing is. */
export function kept(name: string): string {
  try {
    return localStorage.getItem(`rushlight.${name}`) ?? ''
  } catch {
    return ''
  }
}

export function forget(name: string): void {
  try {
    localStorage.removeItem(`rushlight.${name}`)
  } catch {
    // Nothing was kept.
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`rushlight.${name}`, value)
  } catch {
    // The choice holds until the page is closed.
  }
}
