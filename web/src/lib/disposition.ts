// The file's name that a reply gives (RFC 6266), as it is written there behind `filename*`.

export function nameIn(disposition: string): string {
  const encoded = /;\s*filename\*=UTF-8''([^;]*)/i.exec(disposition)?.[1]
  try {
    return decodeURIComponent(encoded ?? '') || 'document'
  } catch {
    return 'document'
  }
}
