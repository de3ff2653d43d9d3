// Which originals the page shows itself; the server lets it show these and no others.

const pictures: readonly string[] = ['image/png', 'image/jpeg', 'image/webp']

export function isShownPicture(mediaType: string): boolean {
  return pictures.includes(mediaType)
}

export function isPdf(mediaType: string): boolean {
  return mediaType === 'application/pdf'
}
