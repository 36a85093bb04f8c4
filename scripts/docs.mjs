// npm run docs [-- PAGE ...]: puts the samples into the pages whose code blocks name them; README.md and docs/*.md by default.
//   --check   changes nothing: fails when a block differs from its file, or TypeScript of a page does not compile
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { modulesOf, withFiles } from './code-blocks.mjs'
import { ensureBuilt, ensureInstalled, Failure, main, root, say, tsc } from './ensure.mjs'

const read = (name) => readFileSync(resolve(root, name), 'utf8')
const filled = (name) => withFiles(read(name), read)

function allPages() {
  const names = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  return ['README.md', ...names.map((name) => `docs/${name}`)]
}

function update(pages) {
  for (const name of pages) {
    const text = filled(name)
    if (text === read(name)) continue
    writeFileSync(resolve(root, name), text)
    say(`${name} is up to date now.`)
  }
}

function checkFiles(pages) {
  for (const name of pages) {
    if (filled(name) !== read(name)) throw new Failure(`${name} differs from its samples: run npm run docs.`)
  }
}

/** Compiles the blocks against the library as users get it; docs-context.d.ts has what fragments take for granted. */
function checkTypes(pages) {
  const folder = join(root, 'build-docs')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const name of pages) {
    for (const { line, text } of modulesOf(read(name)))
      writeFileSync(join(folder, `${basename(name)}-${line}.ts`), text)
  }
  const compilerOptions = { noEmit: true, noUnusedLocals: false, noUnusedParameters: false, paths: {} }
  const include = ['.', '../scripts/docs-context.d.ts']
  const config = { extends: '../tsconfig.base.json', compilerOptions, include }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  if (tsc('-p', 'build-docs') !== 0) throw new Failure('TypeScript of the pages does not compile.')
}

await main((args) => {
  const named = args.filter((arg) => !arg.startsWith('--'))
  const pages = named.length > 0 ? named : allPages()
  ensureInstalled()
  if (!args.includes('--check')) return update(pages)
  checkFiles(pages)
  ensureBuilt('library')
  checkTypes(pages)
  say(`The code of ${pages.join(', ')} compiles.`)
})
