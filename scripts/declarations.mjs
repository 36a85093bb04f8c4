// Makes the compiler's declaration files fit for any consumer:
// - those that no entry point reaches are not shipped, so that Node types of inner modules never leak out;
// - those that use `Symbol.asyncDispose` say which library declares it, as a consumer's own target may not.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const reference = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.[^'"]*)\1/g
const disposable = /\bSymbol\.(?:asyncDispose|dispose)\b|\b(?:Async)?Disposable\b/
const header = '/// <reference lib="esnext.disposable" />\n'

const declarationOf = (module) => module.replace(/\.js$/, '.d.ts')

/** The declaration files that are reached from the entry files by relative references. */
function reachable(entries) {
  const seen = new Set()
  const waiting = [...entries]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue
    if (!existsSync(file)) throw new Error(`${file} is exported or imported, but was not built`)
    seen.add(file)
    for (const match of readFileSync(file, 'utf8').matchAll(reference)) {
      waiting.push(resolve(dirname(file), declarationOf(match[2])))
    }
  }
  return seen
}

export function refineDeclarations(directory, entries) {
  const kept = reachable(entries.map((entry) => resolve(entry)))
  for (const name of readdirSync(directory, { recursive: true })) {
    const file = resolve(join(directory, name))
    if (file.endsWith('.d.ts') && !kept.has(file)) rmSync(file)
  }
  for (const file of kept) {
    const text = readFileSync(file, 'utf8')
    if (disposable.test(text) && !text.startsWith(header)) writeFileSync(file, header + text)
  }
}
