// Run before the page itself has come: what it will say is on its way with it.

import { catalogue } from './lib/catalogues'
import { spoken } from './lib/language'

// What fails here fails the page too, which says so.
catalogue(spoken()).catch(() => undefined)
