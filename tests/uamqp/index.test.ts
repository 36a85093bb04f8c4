// README.md is the list of uAMQP's defects. What it names is there, and what is here is named.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { titlesIn } from './support/titles.js'

const HERE = join('tests', 'uamqp')

interface Proof {
  readonly path: string
  readonly title: string
}

const lines = readFileSync(join(HERE, 'README.md'), 'utf8').split('\n')
const named = lines.filter((line) => line.startsWith('  - '))
const proofs: readonly Proof[] = named
  .map((line) => /^ {2}- `(tests\/[^`]+\.test\.ts)`: (.+)$/.exec(line))
  .filter((match) => match !== null)
  .map(([, path = '', title = '']) => ({ path, title }))

test('every test that the list of defects names is there', (t) => {
  t.true(proofs.length > 100)
  t.is(proofs.length, named.length)
  const missing = proofs.filter(({ path, title }) => !(existsSync(path) && titlesIn(path).includes(title)))
  t.deepEqual(missing, [])
})

test('every defect of the list names a test', (t) => {
  const bare = lines.filter((line, i) => line.startsWith('- ') && !lines[i + 1]?.startsWith('  - '))
  t.deepEqual(bare, [])
})

test('every test of this folder is in the list of defects', (t) => {
  const files = readdirSync(HERE).filter((name) => name.endsWith('.test.ts') && name !== 'index.test.ts')
  const unlisted = files
    .map((name) => `tests/uamqp/${name}`)
    .flatMap((path) => titlesIn(path).map((title) => ({ path, title })))
    .filter((one) => !proofs.some(({ path, title }) => path === one.path && title === one.title))
  t.deepEqual(unlisted, [])
})
