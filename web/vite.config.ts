import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { pdfFiles } from './scripts/pdf-files.mjs'

// The browsers that know light-dark(), popovers and content-visibility; older ones are not served.
const browsers = ['chrome125', 'edge125', 'firefox128', 'safari18']

export default defineConfig({
  plugins: [svelte(), pdfFiles()],
  build: {
    target: browsers,
    cssTarget: browsers,
    // Nothing as a data: address and nothing inline: the content security policy allows scripts and styles from files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    assetsDir: 'assets',
  },
  // Five seconds are too few beside a build of everything.
  test: { include: ['test/**/*.test.ts'], environment: 'node', testTimeout: 60_000 },
})
