// npm run bench [-- name ... --flags]: builds, then runs the benchmarks named, or every bench/*.ts in turn.
// Flags are handed on. Helpers of the benchmarks lie in folders below bench/, so they are not taken for one.
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, Failure, main, node, say, sourceFiles } from './ensure.mjs'

await main((args) => {
  const known = sourceFiles('bench')
    .filter((file) => /^bench\/[^/]+\.ts$/.test(file))
    .map((file) => file.slice('bench/'.length, -'.ts'.length))
  if (known.length === 0) throw new Failure('There is no benchmark in bench/.')
  const flags = args.filter((arg) => arg.startsWith('-'))
  const named = args.filter((arg) => !arg.startsWith('-'))
  for (const name of named) {
    if (!known.includes(name))
      throw new Failure(`There is no benchmark named ${name}; there are: ${known.join(', ')}.`)
  }
  ensureInstalled()
  ensureBuilt('library')
  ensureBuilt('benchmarks')
  for (const name of named.length > 0 ? named : known) {
    say(`\n${name}`)
    const status = node(['--expose-gc', join('build-bench', 'bench', `${name}.js`), ...flags])
    if (status !== 0) throw new Failure(`The benchmark ${name} failed.`)
  }
  return 0
})
