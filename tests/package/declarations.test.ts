// The declarations that are shipped must compile for a consumer who has no types of Node.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { SourceScan } from '../support/source-scan.js'

function declarations(): string[] {
  if (!existsSync('dist')) throw new Error('There is no dist; run npm run build.')
  return readdirSync('dist', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.d.ts'))
    .map((name) => join('dist', name))
}

/** Names by which Node's global types could come in. */
const nodeNames = ['Buffer', 'NodeJS', 'process', 'setImmediate', '__dirname']

test('no declaration refers to Node', (t) => {
  const found = declarations().flatMap((file) => {
    const text = readFileSync(file, 'utf8')
    const scan = new SourceScan(text)
    const references = scan.comments.filter((comment) =>
      /^\/\/\/\s*<reference\s+(types|path)/.test(comment.text),
    )
    const imports = scan.imports().filter(({ specifier }) => specifier?.startsWith('node:') ?? true)
    const words = scan.words(...nodeNames)
    return [...references, ...imports, ...words].map(
      ({ line }) => `${file}:${line}: ${text.split('\n')[line - 1]}`,
    )
  })
  t.deepEqual(found, [])
})

test('declarations that use asynchronous disposal name the library that declares it', (t) => {
  for (const file of declarations()) {
    const text = readFileSync(file, 'utf8')
    if (new SourceScan(text).words('asyncDispose', 'AsyncDisposable').length === 0) continue
    t.regex(text, /^\/\/\/ <reference lib="esnext\.disposable" \/>/, file)
  }
  t.true(declarations().length > 0)
})

test('every entry point has its declarations and code in both builds', (t) => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> }
  const paths = JSON.stringify(manifest.exports).match(/\.\/dist\/[^"]+/g) ?? []
  t.is(paths.length, 3 * 2 * 2)
  t.deepEqual(
    paths.filter((path) => !existsSync(path)),
    [],
  )
})

test('the two builds declare the same', (t) => {
  const list = (build: string): string[] =>
    declarations().filter((file) => file.startsWith(join('dist', build)))
  t.deepEqual(
    list('esm').map((file) => [file.slice('dist/esm/'.length), readFileSync(file, 'utf8')]),
    list('cjs').map((file) => [file.slice('dist/cjs/'.length), readFileSync(file, 'utf8')]),
  )
})
