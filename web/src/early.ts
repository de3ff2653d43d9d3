// Run before the page itself has come: what it will say is on its way with it, and so is what it will show of a search.

import { askAhead } from './lib/ahead'
import { catalogue } from './lib/catalogues'
import { spoken } from './lib/language'

// What fails here fails the page too, which says so.
catalogue(spoken()).catch(() => undefined)
askAhead()
