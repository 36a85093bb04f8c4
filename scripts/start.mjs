// npm start: installs and builds what is missing, then runs a sample, the main job unless another is named.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, Failure, main, node, root, sourceFiles } from './ensure.mjs'

await main((args) => {
  const [name = 'main-job', ...rest] = args
  if (!existsSync(join(root, 'samples', `${name}.ts`))) {
    const known = sourceFiles('samples').map((file) => file.slice('samples/'.length, -'.ts'.length))
    throw new Failure(`There is no sample named ${name}; there are: ${known.join(', ')}.`)
  }
  ensureInstalled()
  ensureBuilt('library')
  ensureBuilt('samples')
  return node([join('build-samples', `${name}.js`), ...rest])
})
