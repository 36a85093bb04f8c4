// npm test [-- tests/part/name.test.ts ... --flags of ava]: installs and builds what is missing, then runs the tests.
//   --suite interop|architecture   those tests alone; without it, all that need no outside server
//   --coverage                     under nyc, which fails when too few lines of lib were run
//   --table                        with --suite interop: all brokers are required, and the table in README.md is made anew
//   --tally FILE                   short output for logs, and "passed failed skipped" written into FILE
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { ensureBuilt, ensureInstalled, Failure, main, node, root, say } from './ensure.mjs'
import { writeTable } from './interop-table.mjs'
import { Tally } from './tap.mjs'

const suites = {
  unit: { patterns: ['build-test/tests/*.test.js', 'build-test/tests/!(interop)/**/*.test.js'], flags: [] },
  // The brokers are shared by all of these tests, so they take turns.
  interop: { patterns: ['build-test/tests/interop/**/*.test.js'], flags: ['--serial', '--concurrency=1'] },
  architecture: {
    patterns: ['build-test/tests/architecture.test.js', 'build-test/tests/support/*.test.js'],
    flags: [],
  },
}

const nyc = join('node_modules', 'nyc', 'bin', 'nyc.js')
const ava = join('node_modules', 'ava', 'entrypoints', 'cli.mjs')

const compiled = (path) => path.replace(/^(\.\/)?tests\b/, 'build-test/tests').replace(/\.ts\b/, '.js')

/** Runs ava with a short output, and counts. */
async function countTests(command) {
  const tally = new Tally(say)
  const child = spawn(process.execPath, [...command, '--tap'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((done, fail) => child.on('error', fail).on('close', (code) => done(code ?? 1)))
  for await (const line of createInterface({ input: child.stdout })) tally.line(line)
  tally.end(await ended)
  return tally
}

function writeTally(file, { passed, failed, skipped }) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${passed} ${failed} ${skipped}\n`)
  say(`${passed} passed, ${failed} failed, ${skipped} skipped`)
}

/** Runs the command, and makes the table from what its tests recorded, if all passed. */
function withTable(command) {
  const folder = mkdtempSync(join(tmpdir(), 'amqp1-interop-'))
  const record = join(folder, 'record.jsonl')
  try {
    const env = { ...process.env, AMQP1_INTEROP_REQUIRED: '1', AMQP1_INTEROP_RECORD: record }
    const status = node(command, { env })
    if (status === 0) writeTable(record)
    return status
  } finally {
    rmSync(folder, { recursive: true })
  }
}

await main(async (args) => {
  const { values, positionals, tokens } = parseArgs({
    args,
    options: {
      suite: { type: 'string', default: 'unit' },
      coverage: { type: 'boolean' },
      table: { type: 'boolean' },
      tally: { type: 'string' },
    },
    strict: false,
    tokens: true,
  })
  const suite = suites[values.suite]
  if (suite === undefined) throw new Failure(`--suite takes one of: ${Object.keys(suites).join(', ')}`)
  const known = new Set(['suite', 'coverage', 'table', 'tally'])
  const handedOn = tokens.filter((token) => token.kind === 'option' && !known.has(token.name))
  const flags = handedOn.map((token) => token.rawName + (token.value === undefined ? '' : `=${token.value}`))

  if (values.table && (values.suite !== 'interop' || positionals.length > 0 || flags.length > 0))
    throw new Failure('--table takes all interop tests: npm run test:interop -- --table')

  ensureInstalled()
  if (values.suite !== 'architecture') {
    ensureBuilt('library')
    ensureBuilt('samples')
  }
  ensureBuilt('tests')

  const files = positionals.length > 0 ? positionals.map(compiled) : suite.patterns
  const run = [ava, ...suite.flags, ...flags, ...files]
  const command = values.coverage ? [nyc, '--silent', process.execPath, ...run] : run
  const isCovered = () => !values.coverage || node([nyc, 'report', '--check-coverage']) === 0

  if (values.table) return withTable(command)
  if (values.tally === undefined) {
    const status = node(command)
    return isCovered() ? status : 1
  }
  rmSync(values.tally, { force: true })
  const tally = await countTests(command)
  if (!isCovered()) tally.fail('too few lines of lib were run by the tests')
  writeTally(values.tally, tally)
  return tally.failed > 0 ? 1 : 0
})
