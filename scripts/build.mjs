// npm run build: the library as ES modules, as CommonJS, and the declarations of both.
// `--if-needed` leaves a build alone that is up to date.
import { ensureBuilt, ensureInstalled, main } from './ensure.mjs'

await main((args) => {
  ensureInstalled()
  ensureBuilt('library', { always: !args.includes('--if-needed') })
  return 0
})
