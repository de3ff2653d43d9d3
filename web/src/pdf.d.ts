/** The version of PDF.js, which is part of where its files are. */
declare const __PDFJS__: string

declare module 'pdfjs-dist/legacy/build/pdf.min.mjs' {
  export * from 'pdfjs-dist'
}
