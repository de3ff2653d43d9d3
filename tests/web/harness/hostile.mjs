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
