// Holds lib to the import table and the budgets of ARCHITECTURE.md, and proves on made-up sources that each breach is seen.
import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import test from 'ava'
import { type Exemption, Sources } from './support/architecture-rules.js'

const exemptions: readonly Exemption[] = [
  {
    file: 'lib/types/decode.ts',
    function: 'readCoded',
    reason:
      'one switch over all constructor bytes, a line each: cut apart it would be slower and harder to survey',
  },
]

function readLibrary(): Map<string, string> {
  const files = readdirSync('lib', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  return new Map(
    files.sort().map((name) => {
      const path = join('lib', name)
      return [path.split(sep).join('/'), readFileSync(path, 'utf8')]
    }),
  )
}

function dependencies(): string[] {
  const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8'))
  const names = (manifest as { dependencies?: Record<string, string> }).dependencies
  return Object.keys(names ?? {})
}

/** The violations of a library made of these files, each an empty one unless its text is given. */
function judge(files: Readonly<Record<string, string>>, packages: readonly string[] = []): string[] {
  const entries = Object.entries(files).map(([path, text]): [string, string] => [`lib/${path}`, text])
  return new Sources(new Map(entries), packages).violations()
}

test('every import in lib goes downwards, as the table of ARCHITECTURE.md says', (t) => {
  const library = readLibrary()
  t.true(library.size > 0)
  t.deepEqual(new Sources(library, dependencies()).imports(), [])
})

test('no chain of imports in lib comes back to where it began, type imports included', (t) => {
  t.deepEqual(new Sources(readLibrary()).cycles(), [])
})

test('lib has no Buffer and no console outside their layers, no bare Error, no silenced tool', (t) => {
  t.deepEqual(new Sources(readLibrary()).words(), [])
})

test('no file of lib has over 400 lines and no function over 60', (t) => {
  t.deepEqual(new Sources(readLibrary()).sizes(exemptions), [])
})

test('imports downwards, beside each other in one folder, and of declared packages are fine', (t) => {
  const files = {
    'errors.ts': 'export class AMQPError extends Error {}',
    'constants.ts': '',
    'util/bytes.ts': "import { AMQPError } from '../errors.js'\nexport const size = Buffer.byteLength",
    'trace/tracer.ts': "import type {} from '../util/bytes.js'",
    'trace/frame-log.ts':
      "import type { Tracer } from './tracer.js'\nimport { size } from '../util/bytes.js'",
    'types/a.ts': "import type { B } from './b.js'",
    'types/b.ts': "import { size } from '../util/bytes.js'",
    'message/message.ts': "export * from '../types/a.js'",
    'sasl/plain.ts': "import { x } from '../types/a.js'",
    'engine/engine.ts': "import { p } from '../sasl/plain.js'",
    'transport/transport.ts': '',
    'transport/tcp.ts': "import net from 'node:net'\nimport ws from 'ws'\nimport sub from '@scope/name/part'",
    'connection/driver.ts': "import type { T } from '../transport/transport.js'",
    'broker/listener.ts': "import { wrapSocket } from '../transport/tcp.js'\nconst b = Buffer.from('')",
    'cbs/jwt.ts': "import { Connection } from '../connection/driver.js'",
    'client/client.ts': "import { jwt } from '../cbs/jwt.js'",
    'cli/main.ts': 'console.log(1)',
    'index.ts': "export { log } from './trace/frame-log.js'\nexport { Client } from './client/client.js'",
  }
  t.deepEqual(judge(files, ['ws', '@scope/name']), [])
})

const base = {
  'errors.ts': '',
  'util/queue.ts': '',
  'types/codes.ts': '',
  'message/message.ts': '',
  'sasl/plain.ts': '',
  'engine/engine.ts': '',
  'transport/transport.ts': '',
  'transport/tcp.ts': '',
  'connection/connection.ts': '',
  'broker/broker.ts': '',
  'mgmt/operation.ts': '',
  'client/client.ts': '',
  'trace/tracer.ts': '',
  'trace/frame-log.ts': '',
}

const refusedImports: readonly (readonly [from: string, to: string])[] = [
  ['errors.ts', 'util/queue.ts'],
  ['util/queue.ts', 'trace/tracer.ts'],
  ['util/queue.ts', 'types/codes.ts'],
  ['trace/tracer.ts', 'types/codes.ts'],
  ['types/codes.ts', 'message/message.ts'],
  ['message/message.ts', 'sasl/plain.ts'],
  ['sasl/plain.ts', 'message/message.ts'],
  ['engine/engine.ts', 'message/message.ts'],
  ['engine/engine.ts', 'transport/transport.ts'],
  ['transport/transport.ts', 'types/codes.ts'],
  ['transport/transport.ts', 'engine/engine.ts'],
  ['connection/connection.ts', 'transport/tcp.ts'],
  ['connection/connection.ts', 'broker/broker.ts'],
  ['connection/connection.ts', 'client/client.ts'],
  ['broker/broker.ts', 'connection/connection.ts'],
  ['mgmt/operation.ts', 'broker/broker.ts'],
  ['mgmt/operation.ts', 'connection/connection.ts'],
  ['mgmt/operation.ts', 'engine/engine.ts'],
  ['mgmt/operation.ts', 'client/client.ts'],
  ['client/client.ts', 'broker/broker.ts'],
]

for (const [from, to] of refusedImports) {
  test(`an import of ${to} in ${from} is seen, however it is written`, (t) => {
    const specifier = `${from.includes('/') ? '../' : './'}${to.replace('.ts', '.js')}`
    const unit = from.split('/')[0]?.replace('.ts', '')
    const forms = [
      `import { x } from '${specifier}'`,
      `import type { X } from '${specifier}'`,
      `import '${specifier}'`,
      `export { type X } from '${specifier}'`,
      `export * as all from "${specifier}"`,
      `let x: import('${specifier}').X`,
      `const x = await import(\`${specifier}\`)`,
    ]
    for (const form of forms) {
      t.deepEqual(
        judge({ ...base, [from]: `\n${form}\n` }),
        [`lib/${from}:2: ${unit} may not import lib/${to}`],
        form,
      )
    }
  })
}

test('an import of Node is seen where the core must not know Node', (t) => {
  const units = [
    'errors.ts',
    'constants.ts',
    'util/a.ts',
    'types/a.ts',
    'message/a.ts',
    'sasl/a.ts',
    'engine/a.ts',
    'trace/tracer.ts',
  ]
  for (const path of units)
    t.regex(judge({ [path]: "import { x } from 'node:crypto'" })[0] ?? '', /imports node:crypto$/)
  t.deepEqual(judge({ 'transport/tcp.ts': "import net from 'net'" }), [
    'lib/transport/tcp.ts:1: write node:net, not net',
  ])
})

test('an import from outside lib, of a package that is not declared, or of no file is seen', (t) => {
  t.deepEqual(judge({ 'cbs/jwt.ts': "import jwt from 'jsonwebtoken'" }), [
    'lib/cbs/jwt.ts:1: jsonwebtoken is not a run-time dependency',
  ])
  t.deepEqual(judge({ 'util/a.ts': "import x from '../../tests/x.js'" }), [
    'lib/util/a.ts:1: tests/x.ts lies outside lib',
  ])
  t.deepEqual(judge({ 'util/a.ts': "import x from './b.js'" }), [
    'lib/util/a.ts:1: lib/util/b.ts does not exist',
  ])
  t.deepEqual(judge({ 'util/a.ts': 'const x = import(name)' }), [
    'lib/util/a.ts:1: what is imported is computed at run time',
  ])
  t.deepEqual(judge({ 'extras/a.ts': '' }), [
    'lib/extras/a.ts: lib/extras stands in no row of the import table',
  ])
})

test('a cycle is seen, by type imports and through several files too', (t) => {
  const files = {
    'types/a.ts': "import { b } from './b.js'",
    'types/b.ts': "import type { C } from './c.js'",
    'types/c.ts': "export type { A } from './a.js'",
  }
  t.deepEqual(judge(files), [
    'import cycle: lib/types/a.ts -> lib/types/b.ts -> lib/types/c.ts -> lib/types/a.ts',
  ])
  t.deepEqual(judge({ 'types/a.ts': "import type { A } from './a.js'" }), [
    'import cycle: lib/types/a.ts -> lib/types/a.ts',
  ])
})

test('Buffer, console, a bare Error and a silenced tool are seen', (t) => {
  t.deepEqual(judge({ 'client/a.ts': 'const a = 1\nlet b: Buffer\nglobals.Buffer?.from([])' }), [
    'lib/client/a.ts:2: Buffer is not allowed in client',
    'lib/client/a.ts:3: Buffer is not allowed in client',
  ])
  t.deepEqual(judge({ 'broker/a.ts': 'console.log(`${console}`)' }), [
    'lib/broker/a.ts:1: console is not allowed in broker',
    'lib/broker/a.ts:1: console is not allowed in broker',
  ])
  t.deepEqual(judge({ 'util/a.ts': "throw new Error('no')\nthrow Error('no')" }), [
    'lib/util/a.ts:1: a bare Error; use a class of lib/errors.ts',
    'lib/util/a.ts:2: a bare Error; use a class of lib/errors.ts',
  ])
  t.deepEqual(judge({ 'util/a.ts': '// @ts-expect-error it fails\n/* biome-ignore lint: why */' }), [
    'lib/util/a.ts:1: a comment that silences a tool',
    'lib/util/a.ts:2: a comment that silences a tool',
  ])
})

test('words in comments, strings and templates, and longer words, are no violation', (t) => {
  const text =
    "// Buffer console new Error('x')\nconst a = 'Buffer'\nconst b = `console.log`\nlet c: ArrayBuffer\nd = /console/"
  t.deepEqual(judge({ 'types/a.ts': text }), [])
})

test('a file that is too long is seen, one of exactly 400 lines is not', (t) => {
  t.deepEqual(judge({ 'util/a.ts': '\n'.repeat(400) }), [])
  t.deepEqual(judge({ 'util/a.ts': '\n'.repeat(401) }), ['lib/util/a.ts: 401 lines, 400 are allowed'])
})

test('a function that is too long is seen, one of exactly 60 lines is not', (t) => {
  const long = (lines: number) => `function f() {${'\n'.repeat(lines - 1)}}`
  t.deepEqual(judge({ 'util/a.ts': long(60) }), [])
  t.deepEqual(judge({ 'util/a.ts': long(61) }), ['lib/util/a.ts:1: f has 61 lines, 60 are allowed'])
})

test('an exemption from the line limit holds for the one function it names, and must be needed', (t) => {
  const sources = new Map([
    ['lib/util/a.ts', `function f() {${'\n'.repeat(70)}}\nfunction g() {${'\n'.repeat(80)}}`],
  ])
  const exempt = (name: string) => ({ file: 'lib/util/a.ts', function: name, reason: 'made up' })
  t.deepEqual(new Sources(sources).sizes([exempt('f')]), ['lib/util/a.ts:72: g has 81 lines, 60 are allowed'])
  t.deepEqual(new Sources(sources).sizes([exempt('f'), exempt('g'), exempt('h')]), [
    'lib/util/a.ts: h is exempt from the line limit without need',
  ])
})
