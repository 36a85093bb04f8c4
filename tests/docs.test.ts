// The code on the pages for users: samples as they are, and nothing that the compiler refuses.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
