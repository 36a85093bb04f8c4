// The table of peers in README.md says what the stories said, and nothing else.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'

/** Runs an expression over the functions of the script. */
function evaluate(expression: string): unknown {
  const code = `
    import { putTable, tableOf } from './scripts/interop-table.mjs'
    let result
    try { result = ${expression} } catch (error) { result = { error: error.message } }
    console.log(JSON.stringify(result))`
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }),
  ) as unknown
}

const rowOf = (records: readonly object[], name: string): string =>
  String(evaluate(`tableOf(${JSON.stringify(records)})`))
    .split('\n')
    .find((row) => row.startsWith(`| ${name} |`)) ?? ''

test('a broker has its version, its stories by their files, and what it does not do', (t) => {
  const records = [
    { peer: 'artemis', group: 'tls', version: '9.8.7' },
    { peer: 'artemis', group: 'tls', title: 'one' },
    { peer: 'artemis', group: 'messages', title: 'two' },
    { peer: 'artemis', group: 'credit', title: 'three', lacks: 'drain' },
    { peer: 'artemis', group: 'credit', title: 'four', lacks: 'drain' },
    { peer: 'broker-j', group: 'filters', title: 'five', lacks: 'locks' },
  ]
  t.is(rowOf(records, 'ActiveMQ Artemis'), '| ActiveMQ Artemis | 9.8.7 | 4: messages, TLS | drain |')
})

test('a client of another make has the brokers that it was run with', (t) => {
  const records = [
    { peer: 'artemis', group: 'foreign/rhea', title: 'one' },
    { peer: 'proton-c', group: 'foreign/rhea', title: 'two', clientLacks: 'patience' },
    { peer: 'broker-j', group: 'foreign/uamqp', title: 'three' },
  ]
  t.regex(
    rowOf(records, 'rhea'),
    /^\| rhea \| \d[\d.]* \| 2: at the other end of ActiveMQ Artemis; Qpid Proton, C example broker \| patience \|$/,
  )
})

test('a file of stories that the table has no words for is told', (t) => {
  const records = [{ peer: 'artemis', group: 'unheard-of', title: 'one' }]
  t.deepEqual(evaluate(`tableOf(${JSON.stringify(records)})`), {
    error: 'the table has no words for unheard-of',
  })
})

test('what is around the table stays; without its markers nothing is written', (t) => {
  const begin = '<!-- made by npm run test:interop -- --table -->\n'
  const end = '<!-- end of the table -->\n'
  const readme = `before\n${begin}old\n${end}after\n`
  t.is(evaluate(`putTable(${JSON.stringify(readme)}, 'new\\n')`), `before\n${begin}new\n${end}after\n`)
  t.deepEqual(evaluate(`putTable('no markers', 'new')`), {
    error: 'README.md has lost the markers of the table of peers',
  })
})

test('the table has words for every file of stories', (t) => {
  const files = readdirSync(join('tests', 'interop')).filter((name) => name.endsWith('.test.ts'))
  t.true(files.length > 10)
  const records = files.map((name) => ({ peer: 'artemis', group: name.slice(0, -'.test.ts'.length) }))
  t.is(typeof evaluate(`tableOf(${JSON.stringify(records)})`), 'string')
})
