// The code on the pages for users: samples as they are, and nothing that the compiler refuses.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'

const folder = mkdtempSync(join(tmpdir(), 'amqp1-docs-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

/** Has the pages checked, all that there are unless some are named. */
function check(...pages: readonly string[]): { status: number | null; said: string } {
  const run = spawnSync(process.execPath, [join('scripts', 'docs.mjs'), '--check', ...pages], {
    encoding: 'utf8',
  })
  return { status: run.status, said: run.stdout + run.stderr }
}

function page(name: string, ...lines: readonly string[]): string {
  const file = join(folder, name)
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

/** What a function of the scripts makes of a page. */
function made(call: string, text: string): unknown {
  const code = `
    import { readFileSync } from 'node:fs'
    import { modulesOf, withFiles } from './scripts/code-blocks.mjs'
    const page = readFileSync(0, 'utf8')
    console.log(JSON.stringify(${call}))`
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', code], { input: text, encoding: 'utf8' }),
  )
}

test('README.md and docs show the samples as they are, and all their TypeScript compiles', (t) => {
  const { status, said } = check()
  t.is(status, 0, said)
  t.regex(said, /README\.md, docs\/from-uamqp\.md/)
})

test('a page that differs from its sample is told', (t) => {
  const { status, said } = check(page('old.md', '```ts samples/send-one.ts', 'old', '```'))
  t.is(status, 1)
  t.regex(said, /old\.md differs from its samples: run npm run docs/)
})

test('code that does not compile is told with its line in the page', (t) => {
  const wrong = page('wrong.md', '# Title', '', '```ts', 'receiver.receive(1)', '```')
  const { status, said } = check(wrong)
  t.is(status, 1)
  t.regex(said, /wrong\.md-4\.ts\(4,18\)/)
})

test('blocks that name a file get its text, others stay', (t) => {
  const text = ['before', '```ts a.ts', 'old', 'old', '```', '', '```py', 'x = 1', '```', 'after', ''].join(
    '\n',
  )
  t.is(
    made("withFiles(page, (name) => 'text of ' + name + '\\n')", text),
    text.replace('old\nold', 'text of a.ts'),
  )
})

test('a block borrows what earlier blocks imported, unless it imports that itself', (t) => {
  const text = [
    '```ts',
    "import { Message, type MessageInput } from 'amqp1'",
    '```',
    '```ts',
    'new Message()',
    '```',
    '```ts',
    "import { Message } from './other.js'",
    '```',
    '```js',
    'Message',
    '```',
    '',
  ].join('\n')
  t.deepEqual(made('modulesOf(page)', text), [
    { line: 2, text: "\nimport { Message, type MessageInput } from 'amqp1'\nexport {}\n" },
    { line: 5, text: "\n\n\n\nnew Message()\nexport {}\nimport { Message } from 'amqp1'\n" },
    { line: 8, text: "\n\n\n\n\n\n\nimport { Message } from './other.js'\nexport {}\n" },
  ])
})

/** Identifiers in the middle column of the tables that tell what became of uAMQP's names; property keys and arguments too. */
function promisedNames(text: string): string[] {
  const rows = text.split('\n').filter((line) => line.startsWith('| '))
  const cells = rows.flatMap((row) => {
    const columns = row.split(' | ')
    return columns.length === 3 ? [columns[1] ?? ''] : []
  })
  const code = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, inside = '']) => inside))
  return [...new Set(code.flatMap((one) => one.match(/[A-Za-z_]\w*/g) ?? []))]
}

/** Words of the language, and what the page calls things that the reader has. */
const ownWords = new Set(['for', 'await', 'const', 'of', 'receiver', 'sender'])

test('every name that docs/from-uamqp.md promises is exported or declared for users', (t) => {
  const declared = new Set(
    readdirSync(join('dist', 'esm'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.d.ts'))
      .flatMap((name) => readFileSync(join('dist', 'esm', name), 'utf8').match(/[A-Za-z_]\w*/g) ?? []),
  )
  const names = promisedNames(readFileSync(join('docs', 'from-uamqp.md'), 'utf8'))
  t.true(names.includes('sendMessage') && names.length > 200, names.join(' '))
  const exported: readonly string[] =
    readFileSync(join('tests', 'public-api', 'amqp1.txt'), 'utf8').match(/^\w+/gm) ?? []
  const isThere = (name: string): boolean =>
    /^[A-Z]/.test(name) ? exported.includes(name) : declared.has(name)
  t.deepEqual(
    names.filter((name) => !isThere(name) && !ownWords.has(name)),
    [],
  )
})
