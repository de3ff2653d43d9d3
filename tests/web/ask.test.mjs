import assert from 'node:assert/strict'
import { accessible, becomes, comesIntoView, focused, go, noSidewaysScroll, patience, picture, scene, withoutAnswers } from './harness/page.mjs'

const question = 'At what temperature is green tea steeped?'
const skip = withoutAnswers

async function ask(page, words) {
  await go(page, '#/ask')
  await page.getByRole('textbox', { name: 'Your question' }).fill(words)
  await page.keyboard.press('Enter')
}

scene('an answer is streamed, its marks open the passage at the quote', { skip }, async (page) => {
  await page.evaluate(() => {
    window.drafts = []
    new MutationObserver(() => {
      const draft = document.querySelector('.draft')?.textContent
      if (draft && draft !== window.drafts.at(-1)) window.drafts.push(draft)
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
  })
  await ask(page, question)
  const turn = page.getByRole('article').filter({ hasText: question })
  await page.getByRole('button', { name: 'Stop' }).waitFor()
  const mark = turn.getByRole('link', { name: /^Passage 1: Green tea/ })
  await mark.first().waitFor({ timeout: patience })
  await turn.getByText(/^Searched .* documents? you may read/).waitFor({ timeout: patience })
  assert.ok((await page.evaluate(() => window.drafts.length)) > 1, 'the draft came in pieces')
  await accessible(page)

  await mark.first().hover()
  const tip = page.getByRole('tooltip')
  await tip.waitFor()
  const quote = (await tip.locator('blockquote').textContent()) ?? ''
  assert.match(quote, /70 °C/)
  await picture(page, 'ask answer')
  await mark.first().click()
  const pane = page.getByRole('region', { name: 'Document' })
  await pane.locator('mark').first().waitFor()
  await becomes(async () => (await pane.locator('mark').allTextContents()).join('').replace(/\s/g, ''), quote.replace(/\s/g, ''))
  await pane.getByText('The passage is marked.').waitFor()
  await comesIntoView(pane.locator('mark').first())
  await page.waitForURL(/#\/ask\?c=[^&]+&doc=[^&]+&at=\d+-\d+$/)
  await accessible(page)
  await picture(page, 'ask citation beside its document')

  await page.keyboard.press('Escape')
  await pane.waitFor({ state: 'detached' })
  await becomes(() => focused(page), /-mark-/)
  await page.reload()
  await turn.getByRole('link', { name: /^Passage 1/ }).first().waitFor()
})

scene('on a phone, a shared address marks the cited words without knowing the quote', { skip, viewport: { width: 360, height: 740 } }, async (page) => {
  await ask(page, question)
  const source = page.locator('.sources a').first()
  await source.waitFor({ timeout: patience })
  await noSidewaysScroll(page)
  await picture(page, 'ask answer phone')
  const quote = await source.locator('.quote').textContent()
  const href = (await source.getAttribute('href')) ?? ''
  const [, id = '', at = ''] = /doc=([^&]+)&at=([\d-]+)/.exec(href) ?? []
  await go(page, `#/doc/${id}?at=${at}`)
  const marked = page.locator('.pane mark')
  await marked.first().waitFor()
  await comesIntoView(marked.first())
  await noSidewaysScroll(page)
  await becomes(async () => (await marked.allTextContents()).join('').replace(/\s/g, ''), quote?.replace(/\s/g, ''))
})

scene('what the documents do not answer is said, with what was searched', { skip }, async (page) => {
  await ask(page, 'Who won the chess tournament of 1894 in Reykjavik?')
  await page.getByText('Not found', { exact: true }).waitFor({ timeout: patience })
  await page.getByText(/^Searched .* documents? you may read/).waitFor()
  assert.equal(await page.locator('.text a').count(), 0)
  await accessible(page)
})

scene('a running answer can be stopped', { skip }, async (page) => {
  // As soon as it is there: a short answer is over before a pointer has come to it.
  await page.evaluate(() => {
    new MutationObserver((_, observer) => {
      const stop = document.querySelector('button.stop')
      if (!stop) return
      observer.disconnect()
      stop.click()
    }).observe(document.body, { subtree: true, childList: true })
  })
  await ask(page, `${question} Please take your time and explain.`)
  await page.getByText('Stopped.').first().waitFor()
  await page.getByRole('button', { name: 'Ask', exact: true }).waitFor()
})

scene('steps, draft and failure of a slow answer are shown', { expectTrouble: /503/ }, async (page) => {
  const events = [
    'event: evidence\ndata: {"passages":[]}\n\n',
    'event: piece\ndata: {"text":"What no passage carries"}\n\n',
    'event: route\ndata: {"as":"fact","because":null,"standalone":null,"translated":"綠茶怎麼泡？","query":null,"documents":[]}\n\n',
    'event: evidence\ndata: {"passages":[{"number":1,"title":"Green tea","path":"/n/tea.md","label":"line 7","document_id":"d","text":"x"}]}\n\n',
    'event: reading\ndata: {"done":128,"total":412}\n\n',
    'event: piece\ndata: {"text":"<b>Green</b> [1]"}\n\n',
    'event: error\ndata: {"error":{"code":"generation_failed","message":"the model stopped at token 12","hint":""}}\n\n',
  ]
  await page.route('**/api/v1/ask', (route) => route.fulfill({ status: 200, contentType: 'text/event-stream', body: events.join('') }))
  await ask(page, 'Anything')
  await page.getByRole('alert').getByText('The language model failed').waitFor()
  assert.equal(await page.locator('.draft').textContent(), '<b>Green</b> [1]', 'what was written before the question was asked in another language is gone')
  assert.match(await page.locator('.standalone').textContent(), /綠茶怎麼泡？/)
  await page.unroute('**/api/v1/ask')
  const busy = { code: 'busy', message: 'one question is running', hint: 'another question is being answered; try again in a moment' }
  await page.route('**/api/v1/ask', (route) => route.fulfill({ status: 503, json: { error: busy } }))
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('Another question is being answered', { exact: true }).waitFor()
})

scene('reading is shown while it goes on', {}, async (page) => {
  await page.addInitScript(() => {
    const plain = window.fetch
    window.fetch = (url, options) => {
      if (!String(url).endsWith('/ask')) return plain(url, options)
      const lines = ['event: evidence\ndata: {"passages":[]}\n\n', 'event: reading\ndata: {"done":128,"total":412}\n\n']
      const body = new ReadableStream({ start: (out) => lines.forEach((line) => out.enqueue(new TextEncoder().encode(line))) })
      return Promise.resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }))
    }
  })
  await page.reload()
  await ask(page, 'Anything')
  await page.getByText('Reading 128 of 412').waitFor()
  await page.locator('#aloud').getByText('Looking for passages').waitFor({ state: 'attached' })
  assert.equal(await page.getByRole('progressbar').getAttribute('value'), '128')
  await accessible(page)
  await picture(page, 'ask reading')
})
