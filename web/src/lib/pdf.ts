// PDFs as pictures of their pages. PDF.js is fetched when the first one is opened: it and all its files come from our own
// origin, and of a PDF it draws only. Scripts in it are never run (their interpreter is not even there), links, forms and
// attachments have no elements, and neither WebAssembly nor `eval` is used.

import workerAddress from 'pdfjs-dist/legacy/build/pdf.worker.min.mjs?url'
import type { RenderTask } from 'pdfjs-dist'
import { drawingScale } from './drawing'

/** Where vite.config.ts puts what PDF.js fetches while it reads. */
const files = `${import.meta.env.BASE_URL}assets/pdfjs-${__PDFJS__}/`
/** Pictures in a PDF with more pixels are left out. */
const mostPixelsOfImage = 1 << 26

export interface Pdf {
  pages: number
  /** Height of a page by its width. */
  ratio(page: number): Promise<number>
  /** Draws a page, so many pixels wide. */
  draw(page: number, pixels: number): Drawing
  close(): void
}

export interface Drawing {
  canvas: Promise<HTMLCanvasElement>
  cancel(): void
}

/** It needs a password. */
export class Locked extends Error {}

export async function openPdf(bytes: ArrayBuffer): Promise<Pdf> {
  const { AnnotationMode, getDocument, GlobalWorkerOptions, PasswordException, VerbosityLevel } = await import('pdfjs-dist/legacy/build/pdf.min.mjs')
  GlobalWorkerOptions.workerSrc = workerAddress
  const task = getDocument({
    data: bytes,
    cMapUrl: `${files}cmaps/`,
    standardFontDataUrl: `${files}fonts/`,
    wasmUrl: `${files}decoders/`,
    useWasm: false,
    enableXfa: false,
    maxImageSize: mostPixelsOfImage,
    verbosity: VerbosityLevel.ERRORS,
  })
  const file = await task.promise.catch((error: unknown) => {
    void task.destroy()
    throw error instanceof PasswordException ? new Locked() : error
  })

  const size = async (number: number) => (await file.getPage(number)).getViewport({ scale: 1 })

  function draw(number: number, pixels: number): Drawing {
    let rendering: RenderTask | undefined
    let cancelled = false
    const canvas = document.createElement('canvas')
    const work = async (): Promise<HTMLCanvasElement> => {
      const page = await file.getPage(number)
      const viewport = page.getViewport({ scale: drawingScale(page.getViewport({ scale: 1 }), pixels) })
      if (cancelled) throw new DOMException('no longer wanted', 'AbortError')
      canvas.width = Math.max(1, Math.floor(viewport.width))
      canvas.height = Math.max(1, Math.floor(viewport.height))
      // What annotations and fields look like is drawn; nothing that can be clicked or filled in is made of them.
      rendering = page.render({ canvas, viewport, annotationMode: AnnotationMode.ENABLE })
      await rendering.promise
      return canvas
    }
    return {
      canvas: work(),
      cancel: () => {
        cancelled = true
        rendering?.cancel()
      },
    }
  }

  return {
    pages: file.numPages,
    ratio: async (number) => {
      const { width, height } = await size(number)
      return height / width
    },
    draw,
    close: () => void task.destroy(),
  }
}
