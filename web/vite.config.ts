import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { pdfFiles } from './scripts/pdf-files.mjs'
import { texts } from './scripts/texts.mjs'

// The browsers that know light-dark(), popovers and content-visibility; older ones are not served.
const browsers = ['chrome125', 'edge125', 'firefox128', 'safari18']

/** The style first: with it the browser paints what index.html has, while the scripts are still on their way. */
const styleFirst: Plugin = {
  name: 'style-first',
  transformIndexHtml: { order: 'post', handler: (html) => html.replace(/<script type="module"|<link rel="modulepreload"/g, '$& fetchpriority="low"') },
}

/** One script for what comes with the page, since a browser asks for few files at a time, and a small one that fetches its words, and what it will show, meanwhile. */
const initial = [
  { name: 'words', test: /src\/(early|lib\/(ahead|catalogues|choices|language|last-search|numbers|preferences|route|send|texts|wanted))\.ts$|preload-helper/, priority: 1 },
  { name: 'page', tags: ['$initial' as const] },
]

export default defineConfig({
  resolve: { alias: { '@lezer/highlight': new URL('src/lib/unstyled.ts', import.meta.url).pathname } },
  plugins: [svelte(), pdfFiles(), texts(), styleFirst],
  build: {
    target: browsers,
    cssTarget: browsers,
    // Nothing as a data: address and nothing inline: the content security policy allows scripts and styles from files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    assetsDir: 'assets',
    rolldownOptions: { output: { codeSplitting: { groups: initial } } },
  },
  // Five seconds are too few beside a build of everything.
  test: { include: ['test/**/*.test.ts'], environment: 'node', testTimeout: 60_000 },
})
