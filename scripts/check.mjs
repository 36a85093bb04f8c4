// npm run check [-- step ...]: what must hold of the sources before any test is run. All steps run, even after a failure.
import { join } from 'node:path'
import { ensureInstalled, Failure, main, node, say, seconds, tsc } from './ensure.mjs'

const steps = {
  types: ['types of everything', () => tsc('-p', 'tsconfig.json')],
  core: ['core without Node and DOM', () => tsc('-p', 'tsconfig.core.json')],
  lint: [
    'lint and format',
    () => node([join('node_modules', '@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings']),
  ],
  architecture: ['architecture', () => node([join('scripts', 'test.mjs'), '--suite', 'architecture'])],
}

await main((args) => {
  for (const name of args) {
    if (!Object.hasOwn(steps, name))
      throw new Failure(`There is no step ${name}; there are: ${Object.keys(steps).join(', ')}.`)
  }
  ensureInstalled()
  const chosen = args.length > 0 ? args : Object.keys(steps)
  const failed = chosen.filter((name) => {
    const [title, run] = steps[name]
    say(`\nChecking ${title} ...`)
    const start = performance.now()
    const good = run() === 0
    say(`${good ? 'ok' : 'FAILED'}: ${title} (${seconds(start)})`)
    return !good
  })
  say(failed.length === 0 ? '\nAll checks passed.' : `\nChecks that failed: ${failed.join(', ')}.`)
  return failed.length === 0 ? 0 : 1
})
