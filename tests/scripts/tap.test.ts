// The count that the last line of a CI run is made of must never look better than the run was.
import { execFileSync } from 'node:child_process'
import test from 'ava'

interface Counted {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly shown: readonly string[]
}

function count(tap: string, exitCode: number): Counted {
  const code = `
    import { readFileSync } from 'node:fs'
    import { Tally } from './scripts/tap.mjs'
    const shown = []
    const tally = new Tally((line) => shown.push(line))
    for (const line of readFileSync(0, 'utf8').split('\\n')) tally.line(line)
    tally.end(${exitCode})
    console.log(JSON.stringify({ ...tally, shown }))`
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', code], { input: tap, encoding: 'utf8' }),
  ) as Counted
}

test('results are counted, failures shown with their details, skipped tests named', (t) => {
  const tap = [
    'TAP version 13',
    'ok 1 - a › one',
    '  ---',
    '  duration_ms: 3',
    '  ...',
    'not ok 2 - a › two',
    '#   a log',
    '  ---',
    '  message: Difference',
    '  ...',
    'ok 3 - a › three # SKIP',
    'not ok 4 - a › four # TODO',
    'ok 5 - says not ok 7 - and # SKIP in its title',
    '# a note',
    'output of a test',
    '1..5',
    '# tests 5',
    '# fail 1',
  ].join('\n')
  t.deepEqual(count(tap, 1), {
    passed: 2,
    failed: 1,
    skipped: 2,
    shown: [
      'not ok 2 - a › two',
      '#   a log',
      '  ---',
      '  message: Difference',
      '  ...',
      '  skipped: a › three',
      '  skipped: a › four',
      'output of a test',
    ],
  })
})

test('a run without any result is a failure', (t) => {
  t.deepEqual(count('TAP version 13\n1..0\n', 0), {
    passed: 0,
    failed: 1,
    skipped: 0,
    shown: ['not ok - no test was run'],
  })
  t.is(count('TAP version 13\nok 1 - a # SKIP\n1..1\n', 0).failed, 1)
})

test('an exit code that no result explains is a failure', (t) => {
  const { passed, failed, shown } = count('TAP version 13\nok 1 - a\n', 7)
  t.deepEqual([passed, failed], [1, 1])
  t.deepEqual(shown, ['not ok - the test runner ended with exit code 7'])
})
