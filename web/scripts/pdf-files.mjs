// The files that PDF.js fetches while it reads a PDF, copied into the built page beside its scripts: character maps (1.2 MB,
// one by one as a PDF needs them; without them many Chinese PDFs show nothing), the standard fonts that a PDF may leave out
// (0.8 MB), and decoders for scans in JPEG 2000 and JBIG2 as scripts (0.5 MB), so that no WebAssembly has to be allowed.

import { readdirSync, readFileSync } from 'node:fs'

const library = new URL('../node_modules/pdfjs-dist/', import.meta.url)
const { version } = JSON.parse(readFileSync(new URL('package.json', library), 'utf8'))
const folders = {
  cmaps: { from: 'cmaps/', which: /\.bcmap$|^LICENSE$/ },
  fonts: { from: 'standard_fonts/', which: /\.(pfb|ttf)$|^LICENSE_/ },
  decoders: { from: 'wasm/', which: /_nowasm_fallback\.js$|^LICENSE_(PDFJS_)?(JBIG2|OPENJPEG)$/ },
}

/** A plugin of Vite. */
export function pdfFiles() {
  return {
    name: 'pdf-files',
    config: () => ({ define: { __PDFJS__: JSON.stringify(version) } }),
    generateBundle() {
      for (const [to, { from, which }] of Object.entries(folders)) {
        const folder = new URL(from, library)
        for (const name of readdirSync(folder).filter((one) => which.test(one))) {
          // The version in the name stands for the hash that other names have: both change when the content does.
          this.emitFile({ type: 'asset', fileName: `assets/pdfjs-${version}/${to}/${name}`, source: readFileSync(new URL(name, folder)) })
        }
      }
    },
  }
}
