// What the program makes of the files in ../originals: the stand-in for it reads no PDFs and no pictures.

const line = (text, left, top, right, bottom) => ({ text, area: { left, top, right, bottom } })

/** By name: the kind, and sections of lines with their places on a page. */
export const paged = {
  'kettle.pdf': {
    kind: 'pdf', media_type: 'application/pdf', title: 'The copper kettle', pages: 2, language: 'zh-Hant',
    sections: [
      { page: 1, level: 1, between: '\n', lines: [line('The copper kettle', 121, 82, 453, 109)] },
      {
        page: 1, level: 0, between: '\n',
        lines: [
          line('This kettle was bought in the spring, for the balcony.', 121, 114, 761, 133),
          line('The copper kettle boils at ninety degrees on the balcony.', 121, 147, 808, 166),
          line('It is to be descaled with vinegar twice a year, and never left', 121, 180, 854, 202),
          line('without water.', 121, 205, 300, 227),
        ],
      },
      { page: 2, level: 1, between: '', lines: [line('銅壺', 121, 82, 189, 109)] },
      {
        page: 2, level: 0, between: '',
        lines: [
          line('這把銅壺是春天買的，放在陽台上用。', 121, 112, 527, 132),
          line('銅壺在陽台上煮到九十度就會鳴笛。', 121, 145, 503, 164),
          line('每年用醋除垢兩次，壺裡不可以沒有水。', 121, 177, 551, 197),
        ],
      },
    ],
  },
  'lighthouse.pdf': {
    kind: 'pdf', media_type: 'application/pdf', title: 'lighthouse', pages: 1, language: 'en',
    sections: [
      { page: 1, level: 0, between: '\n', lines: [line('The lighthouse is lit every night.', 95, 160, 696, 210), line('遠方的燈塔每晚都亮著', 95, 260, 524, 310)] },
    ],
  },
  'lantern.png': {
    kind: 'image', media_type: 'image/png', title: 'lantern', pages: 1, language: 'en', confidence: 97,
    sections: [
      { page: 1, level: 0, between: '\n', lines: [line('The lantern burns rapeseed oil.', 83, 150, 834, 262), line('It hangs beside the garden gate.', 83, 405, 857, 515)] },
    ],
  },
}

const bytes = (text) => Buffer.byteLength(text)

/** Sections as the API has them, each with the places of its lines. */
export function pagedSections({ sections, confidence }) {
  let start = 0
  return sections.map(({ page, level, between, lines }) => {
    const text = lines.map((one) => one.text).join(between)
    const section = {
      label: `page ${page}`, kind: level > 0 ? 'heading' : 'paragraph', level, text, span: { start, end: start + bytes(text) },
      locator: { kind: 'pages', first: page, last: page }, areas: lines.map((one) => ({ page, ...one.area })), ...(confidence && { confidence }),
    }
    let at = start
    section.lines = lines.map((one) => {
      const placed = { start: at, end: at + bytes(one.text), area: { page, ...one.area } }
      at = placed.end + bytes(between)
      return placed
    })
    start = section.span.end + 2
    return section
  })
}

export function placeOf(sections, span) {
  const areas = sections.flatMap((section) => section.lines ?? []).filter((one) => one.start < span.end && span.start < one.end).map((one) => one.area)
  const found = sections.filter((section) => section.span.start < span.end && span.start < section.span.end).map((section) => section.locator)
  if (areas.length === 0) return found[0] ?? { kind: 'whole' }
  return { kind: 'pages', first: areas[0].page, last: areas.at(-1).page, areas }
}
