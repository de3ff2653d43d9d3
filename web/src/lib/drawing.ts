// How large a page is drawn.

// Above it a canvas takes more memory than a page is worth.
const mostPixels = 1 << 24
const longestSide = 8192

/** The scale at which a page of this size is so many pixels wide, or as wide as a canvas may be. */
export function drawingScale(page: { width: number; height: number }, pixels: number): number {
  const { width, height } = page
  return Math.min(pixels / width, Math.sqrt(mostPixels / (width * height)), longestSide / Math.max(width, height))
}

const steps = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4]

/** The next zoom up or down; 1 is as wide as there is room. */
export function zoomed(zoom: number, up: boolean): number {
  return (up ? steps.find((step) => step > zoom) : steps.findLast((step) => step < zoom)) ?? zoom
}
