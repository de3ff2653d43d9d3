import { expect, test } from 'vitest'
import { boxesOn, citedAt } from '../src/lib/areas'
import { nameIn } from '../src/lib/disposition'
import { drawingScale, zoomed } from '../src/lib/drawing'
import { isPdf, isShownPicture } from '../src/lib/shown'

const area = (page: number, left: number, top: number, right: number, bottom: number) => ({ page, left, top, right, bottom })

test('boxes are those of their page, in per cent, a little larger than the letters and never outside the page', () => {
  const areas = [area(1, 100, 200, 900, 220), area(2, 0, 0, 1000, 1000), area(1, 500, 990, 1000, 1000), area(1, 5, 5, 5, 9)]
  expect(boxesOn(1, areas)).toEqual([
    { left: 9.7, top: 19.7, width: 80.6, height: 2.6 },
    { left: 49.7, top: 98.7, width: 50.3, height: 1.3 },
  ])
  expect(boxesOn(2, areas)).toEqual([{ left: 0, top: 0, width: 100, height: 100 }])
  expect(boxesOn(3, areas)).toEqual([])
})

test('a passage begins on the page of its first area, or on the first page it is said to be on', () => {
  expect(citedAt({ kind: 'pages', first: 2, last: 4, areas: [area(3, 1, 1, 2, 2)] })?.page).toBe(3)
  expect(citedAt({ kind: 'pages', first: 2, last: 4 })).toEqual({ page: 2, areas: [] })
  expect(citedAt({ kind: 'lines', first: 1, last: 2 })).toBeNull()
  expect(citedAt(null)).toBeNull()
})

test('a name is read as it was written, and a reply without one still has one', () => {
  expect(nameIn("attachment; filename=\"__.pdf\"; filename*=UTF-8''%E9%8A%85%E5%A3%BA.pdf")).toBe('銅壺.pdf')
  for (const odd of ['', 'attachment', 'attachment; filename="a.pdf"', "attachment; filename*=UTF-8''%E9%8A", "attachment; filename*=UTF-8''"]) {
    expect(nameIn(odd)).toBe('document')
  }
})

test('a page is drawn as wide as asked, and no larger than a canvas may be', () => {
  expect(drawingScale({ width: 600, height: 800 }, 1200)).toBe(2)
  for (const page of [{ width: 600, height: 800 }, { width: 1, height: 14_400 }, { width: 14_400, height: 14_400 }, { width: 14_400, height: 1 }]) {
    const scale = drawingScale(page, 100_000)
    expect(page.width * page.height * scale * scale).toBeLessThanOrEqual(2 ** 24 * 1.0001)
    expect(Math.max(page.width, page.height) * scale).toBeLessThanOrEqual(8192.001)
  }
})

test('zooming goes step by step and stops at the ends', () => {
  expect([zoomed(1, true), zoomed(1, false), zoomed(4, true), zoomed(0.5, false)]).toEqual([1.25, 0.8, 4, 0.5])
})

test('what can hold a script is never shown', () => {
  for (const type of ['image/svg+xml', 'text/html', 'image/tiff', '', 'IMAGE/PNG']) expect(isShownPicture(type) || isPdf(type)).toBe(false)
  expect(['image/png', 'image/jpeg', 'image/webp'].every(isShownPicture)).toBe(true)
})
