import { mount } from 'svelte'
import App from './App.svelte'
import { ui } from './lib/ui.svelte'

await ui.begin()
const target = document.getElementById('page')
if (target) {
  // What stands there until the page does.
  target.replaceChildren()
  mount(App, { target })
  // The first date takes a while: now, rather than with the first results.
  setTimeout(() => ui.date('2000-01-01'))
}
