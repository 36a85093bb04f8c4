// What each entry point exports, types included, is written down in tests/public-api: a change of the API is a visible
// difference. AMQP1_UPDATE_API=1 writes the lists anew.

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import test from 'ava'
import * as broker from '../lib/broker/index.js'
import * as amqp1 from '../lib/index.js'
import * as types from '../lib/types/index.js'

interface Exported {
  readonly kind: string
  readonly name: string
}

const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(class|function|const|let|interface|type)\*? (\w+)/gm
const LIST = /^export (type )?\{([^}]*)\}(?: from '([^']+)')?/gm
const STAR = /^export \* from '([^']+)'/gm

/** Everything that a source file exports, wherever it is declared. */
function exportsOf(file: string): Exported[] {
  const text = readFileSync(file, 'utf8')
  const sourceOf = (specifier: string): string =>
    normalize(join(dirname(file), specifier.replace(/\.js$/, '.ts')))
  const found: Exported[] = []
  for (const [, kind = '', name = ''] of text.matchAll(DECLARATION)) found.push({ kind, name })
  for (const [, specifier = ''] of text.matchAll(STAR)) found.push(...exportsOf(sourceOf(specifier)))
  for (const [, typeOnly, names = '', specifier] of text.matchAll(LIST)) {
    const there = specifier === undefined ? importsOf(text, sourceOf) : exportsOf(sourceOf(specifier))
    for (const entry of names
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')) {
      found.push(...named(entry, typeOnly !== undefined, there))
    }
  }
  return found
}

/** What an entry of an export list stands for: `name`, `type name`, `name as other`. */
function named(entry: string, typeOnly: boolean, there: readonly Exported[]): Exported[] {
  const [, type, name = '', other] = /^(type )?(\w+)(?: as (\w+))?$/.exec(entry) ?? []
  const declared = there.filter((one) => one.name === name)
  if (declared.length === 0) throw new Error(`nothing is known of "${entry}"`)
  const asType = typeOnly || type !== undefined
  return declared.map(({ kind }) => ({
    kind: asType && kind === 'class' ? 'type of class' : kind,
    name: other ?? name,
  }))
}

/** What a file imports and may hand on by a list without `from`. */
function importsOf(text: string, sourceOf: (specifier: string) => string): Exported[] {
  const imports = [...text.matchAll(/^import (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm)]
  return imports.flatMap(([, , specifier = '']) => exportsOf(sourceOf(specifier)))
}

const ENTRIES = [
  ['amqp1', 'lib/index.ts', amqp1],
  ['amqp1-types', 'lib/types/index.ts', types],
  ['amqp1-broker', 'lib/broker/index.ts', broker],
] as const

for (const [entry, file, values] of ENTRIES) {
  test(`${entry} exports what tests/public-api/${entry}.txt says`, (t) => {
    const lines = new Set(exportsOf(file).map(({ kind, name }) => `${name} (${kind})`))
    const list = `${[...lines].sort().join('\n')}\n`
    const path = join('tests', 'public-api', `${entry}.txt`)
    if (process.env['AMQP1_UPDATE_API'] !== undefined) writeFileSync(path, list)
    t.is(list, readFileSync(path, 'utf8'))
  })

  test(`${entry} has at run time the classes, functions and constants that its sources export`, (t) => {
    const declared = exportsOf(file).filter(({ kind }) => ['class', 'function', 'const'].includes(kind))
    const names = [...new Set(declared.map(({ name }) => name))].sort()
    t.deepEqual(Object.keys(values).sort(), names)
  })
}
