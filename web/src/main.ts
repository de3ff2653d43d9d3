import { mount } from 'svelte'
import App from './App.svelte'
import { ui } from './lib/ui.svelte'

await ui.begin()
const target = document.getElementById('page')
if (target) {
  // What stands there until the page does.
  target.replaceChildren()
  mount(App, { target })
}
