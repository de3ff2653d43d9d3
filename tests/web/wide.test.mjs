// From a phone to a screen of 4K: nothing scrolls sideways, no line is too long to read, and where there is room it is used.

import assert from 'node:assert/strict'
import { accessible, box, go, longestLines, longLists, noSidewaysScroll, patience, picture, scene, searchFor, withoutAnswers } from './harness/page.mjs'

// A screen of 4K at twice the scale has the room of 1920 × 1080, one of 2560 × 1440 that of a laptop.
const screens = {
  phone: { viewport: { width: 360, height: 740 } },
  '2560 doubled': { viewport: { width: 1280, height: 720 }, deviceScaleFactor: 2 },
  '4K doubled': { viewport: { width: 1920, height: 1080 }, deviceScaleFactor: 2 },
  '2560': { viewport: { width: 2560, height: 1440 } },
  '4K': { viewport: { width: 3840, height: 2160 } },
}

// Some 80 characters; a line of many narrow letters has a few more.
const longest = 88

/** Whether the second stands to the right of the first, at the same height. */
function isBeside(first, second) {
  return isRightOf(first, second) && second.y < first.y + first.height && first.y < second.y + second.height
}

function isRightOf(first, second) {
  return second.x >= first.x + first.width - 1
}

function isBelow(first, second) {
  return second.y >= first.y + first.height - 1
}

for (const [screen, size] of Object.entries(screens)) {
  for (const locale of ['en-GB', 'zh-TW']) {
    const { width } = size.viewport
    const check = async (page, place) => {
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme })
        await noSidewaysScroll(page)
        const long = (await longestLines(page)).filter((line) => line.columns > longest)
        assert.deepEqual(long, [], `lines too long to read: ${place}, ${colorScheme}`)
        await picture(page, `wide ${place} ${screen} ${colorScheme} ${locale}`)
      }
    }

    scene(`${screen}, ${locale}: the search and a document use the room there is`, { ...size, locale }, async (page) => {
      await longLists(page)
      await searchFor(page, locale === 'zh-TW' ? '報銷' : 'tea')
      const facets = page.locator('main .facets')
      await facets.waitFor()
      const list = page.locator('main ul[aria-busy=false]')
      await list.waitFor()
      const hits = list.locator('li')
      // All of one list: the words typed are answered before the full search is.
      await list.locator('> li').nth(29).waitFor({ state: 'attached' })
      const [first, second, third] = await list.evaluate((one) => [...one.children].slice(0, 3).map((hit) => hit.getBoundingClientRect().toJSON()))
      if (width < 900) assert.ok(isBelow(await box(facets), await box(list)), 'the facets stand above the results')
      else assert.ok(isBeside(await box(facets), await box(list)), 'the facets have a column of their own')
      assert.equal(isBeside(first, second), width >= 2500, 'results stand in columns on a wide screen, and only there')
      assert.equal(isBeside(second, third), width >= 3800, 'in three on the widest')
      await check(page, 'results')

      const link = hits.locator('.name a').first()
      await link.click()
      const pane = page.getByRole('region', { name: locale === 'zh-TW' ? '文件' : 'Document' })
      await pane.locator('mark').first().waitFor()
      assert.equal(await page.evaluate(() => scrollY), 0, 'the list stays where it is')
      if (width < 900) assert.deepEqual(await box(pane), { ...(await box(pane)), x: 0, width }, 'a document covers a small screen')
      else assert.ok(isBeside(await box(list), await box(pane)), 'the list and the document stand side by side')
      const [related, text] = [pane.locator('.related'), pane.locator('.text')]
      if ((await related.count()) > 0) assert.equal(isRightOf(await box(text), await box(related)), width >= 2500, 'what is related stands beside the text where there is room')
      await check(page, 'document')
    })

    scene(`${screen}, ${locale}: conversations, library and health use the room there is`, { ...size, locale }, async (page) => {
      await longLists(page)
      await go(page, '#/ask')
      const earlier = page.locator('.conversations')
      await earlier.locator('li').first().waitFor()
      const form = page.locator('main form').first()
      if (width >= 1600) assert.ok(isBeside(await box(form), await box(earlier)), 'earlier conversations stand beside the present one')
      else assert.ok(isBelow(await box(form), await box(earlier)), 'earlier conversations stand below the present one')
      await check(page, 'ask')

      await go(page, '#/library')
      const problems = page.locator('[data-test=problems]')
      await page.locator('[data-test=overview] tbody tr').first().waitFor()
      await problems.locator('li').nth(30).waitFor()
      assert.equal(isBeside(await box(page.locator('[data-test=summary]')), await box(problems)), width >= 1600, 'the library stands in columns where there is room')
      assert.equal(isRightOf(await box(page.locator('[data-test=overview]')), await box(page.locator('main li.card').first())), width >= 3800, 'in three on the widest')
      await check(page, 'library')

      await go(page, '#/health')
      await page.locator('[data-test=disk] tbody tr').first().waitFor()
      assert.equal(isRightOf(await box(page.locator('[data-test=check]')), await box(page.locator('[data-test=disk]'))), width >= 1600, 'and so does health')
      await check(page, 'health')
    })
  }

  scene(`${screen}: an answer and what it rests on use the room there is`, { ...size, skip: withoutAnswers }, async (page) => {
    const { width } = size.viewport
    await go(page, '#/ask')
    await page.getByRole('textbox', { name: 'Your question' }).fill('At what temperature is green tea steeped?')
    await page.keyboard.press('Enter')
    const turn = page.getByRole('article').first()
    await turn.getByText(/^Searched .* documents? you may read/).waitFor({ timeout: patience })
    assert.equal(isBeside(await box(turn.locator('.text')), await box(turn.locator('.sources'))), width >= 3800, 'the passages stand beside the answer where there is room')
    const long = (await longestLines(page)).filter((line) => line.columns > longest)
    assert.deepEqual(long, [], 'lines too long to read')
    await noSidewaysScroll(page)
    await picture(page, `wide answer ${screen}`)
    await turn.locator('.sources a').first().click()
    const pane = page.getByRole('region', { name: 'Document' })
    await pane.locator('mark').first().waitFor()
    if (width > 900) assert.ok(isBeside(await box(turn), await box(pane)), 'the answer and the document stand side by side')
    await noSidewaysScroll(page)
    await picture(page, `wide cited ${screen}`)
  })
}

scene('4K: results in columns are walked row by row, and every place is accessible', screens['4K'], async (page) => {
  await longLists(page)
  await searchFor(page, 'tea')
  const links = page.locator('main .name a')
  const focused = () => links.evaluateAll((all) => all.indexOf(document.activeElement))
  const walked = []
  for (const key of ['ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'End', 'ArrowRight', 'Home']) {
    await page.keyboard.press(key)
    walked.push(await focused())
  }
  assert.deepEqual(walked, [0, 1, 4, 3, 0, 29, 29, 0])
  await page.keyboard.press('ArrowUp')
  assert.equal(await page.getByRole('combobox').evaluate((field) => field === document.activeElement), true, 'above the first row is the field')
  await accessible(page)
  await links.first().click()
  await page.locator('.pane mark').first().waitFor()
  await accessible(page)
  for (const [hash, there] of [['#/ask', '.conversations li'], ['#/library', '[data-test=problems] li'], ['#/health', '[data-test=disk] tbody tr']]) {
    await go(page, hash)
    await page.locator(there).first().waitFor()
    await accessible(page)
  }
})
