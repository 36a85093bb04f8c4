// Tracing: one line for each frame, in the specification's words, and never a secret.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import test from 'ava'
import { SASLPlain } from '../../lib/sasl/plain.js'
import { environmentTracer, frameLog } from '../../lib/trace/frame-log.js'
import { ACCEPTED } from '../../lib/types/messaging.js'
import { answerDrains, Rig } from '../connection/support/rig.js'
import { watch } from '../connection/support/watch.js'

const SECRET = 'pässwörd-4711'

/** A short life of a connection, and the lines it traced. */
async function traced(): Promise<{ lines: string[]; rig: Rig }> {
  const lines: string[] = []
  const rig = new Rig({ prepare: answerDrains })
  const connection = await rig.connect({
    auth: SASLPlain('user-name', SECRET),
    containerId: 'me',
    tracer: frameLog((line) => lines.push(line)),
  })
  const sender = await rig.sender(10, {}, connection)
  const receiver = await rig.receiver({ prefetch: 5 }, connection)
  watch(sender.send('hello'))
  rig.deliver(rig.peer.link('in'), 'world')
  await rig.run()
  const [transfer] = rig.peer.takeAll('transfer')
  rig.peer.dispose({ first: transfer?.deliveryId ?? -1, settled: true, state: ACCEPTED })
  await (await rig.until(receiver.receive()))?.accept()
  await rig.run()
  await rig.until(connection.close())
  return { lines, rig }
}

test('every header and frame is one line: direction, channel, performative', async (t) => {
  const { lines } = await traced()
  for (const line of lines) t.regex(line, /^(<-|->) \d+ [a-z-]+[^\n]*$/)
  const kinds = (direction: string): string[] =>
    lines
      .filter((line) => line.startsWith(direction))
      .map((line) => (line.split(' ')[2] ?? '').replace(/\(.*/, ''))
  t.deepEqual(kinds('->').slice(0, 6), ['header', 'sasl-init', 'header', 'open', 'begin', 'attach'])
  t.deepEqual(kinds('<-').slice(0, 6), [
    'header',
    'sasl-mechanisms',
    'sasl-outcome',
    'header',
    'open',
    'begin',
  ])
  for (const kind of ['transfer', 'flow', 'disposition', 'detach', 'end', 'close']) {
    t.true(kinds('->').includes(kind), `-> ${kind}`)
    if (kind !== 'flow') t.true(kinds('<-').includes(kind), `<- ${kind}`)
  }
})

test('the lines of frames have the fields that the specification names', async (t) => {
  const { lines } = await traced()
  const line = (start: string): string => lines.find((one) => one.startsWith(start)) ?? ''
  t.regex(line('-> 0 header'), /"AMQP" 3 1 0 0/)
  t.regex(line('-> 0 open'), /container-id="me".*max-frame-size=65536/)
  t.regex(line('-> 0 attach'), /name="out".*role=sender.*target=target\(address="orders"\)/)
  t.regex(line('-> 0 transfer'), /delivery-id=\d+.* \d+ bytes( of payload)?$/)
  t.regex(line('<- 7 transfer'), /delivery-id=0.* \d+ bytes( of payload)?$/)
  t.regex(line('<- 7 disposition'), /role=receiver.*state=accepted/)
})

test('no password and no body is ever part of a line', async (t) => {
  const { lines } = await traced()
  const text = lines.join('\n')
  const hex = Buffer.from(SECRET).toString('hex')
  for (const secret of [
    SECRET,
    hex,
    Buffer.from(SECRET).toString('base64'),
    '4711',
    'user-name',
    'hello',
    'world',
  ]) {
    t.false(text.includes(secret), secret)
  }
  t.regex(text, /sasl-init\(mechanism=PLAIN/)
})

test('a heartbeat is a line, too [2.4.5]', async (t) => {
  const lines: string[] = []
  const rig = new Rig({ peer: { open: { idleTimeOut: 1000 } } })
  await rig.connect({ tracer: frameLog((line) => lines.push(line)) })
  await rig.run(600)
  rig.peer.sendEmpty()
  await rig.run()
  t.true(lines.includes('-> 0 empty frame'))
  t.true(lines.includes('<- 0 empty frame'))
})

test('a tracer without methods is fine', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect({ tracer: {} })
  await rig.until(connection.close())
  t.pass()
})

test('events are lines of their own', (t) => {
  const lines: string[] = []
  const log = frameLog((line) => lines.push(line))
  log.event?.(() => 'lost')
  log.frame?.('in', 3, () => 'close')
  t.deepEqual(lines, ['-- lost', '<- 3 close'])
})

test('without AMQP1_TRACE there is no tracer', (t) => {
  const before = process.env['AMQP1_TRACE']
  try {
    for (const [value, there] of [
      [undefined, false],
      ['', false],
      ['other', false],
      ['frames', true],
      ['other,frames', true],
    ] as const) {
      if (value === undefined) delete process.env['AMQP1_TRACE']
      else process.env['AMQP1_TRACE'] = value
      t.is(environmentTracer() !== undefined, there, String(value))
    }
  } finally {
    if (before === undefined) delete process.env['AMQP1_TRACE']
    else process.env['AMQP1_TRACE'] = before
  }
})

for (const [setting, shows] of [
  ['frames', true],
  ['', false],
] as const) {
  test(`a program that runs with AMQP1_TRACE=${setting} ${shows ? 'shows its frames' : 'shows nothing'} on the standard error stream`, (t) => {
    const script = join(__dirname, 'support', 'one-message.js')
    const env = { ...process.env, AMQP1_TRACE: setting, NODE_V8_COVERAGE: undefined }
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], { env, encoding: 'utf8' })
    t.is(status, 0, stderr)
    t.is(stdout, 'sent\n')
    const lines = stderr.split('\n').filter((line) => /^(<-|->) /.test(line))
    const sent = lines.filter((line) => /^-> 0 transfer\(.* \d+ bytes/.test(line))
    const outcomes = lines.filter((line) => /^<- 0 sasl-outcome\(code=(ok|0)/.test(line))
    t.deepEqual([lines.length > 0, sent.length, outcomes.length], shows ? [true, 1, 1] : [false, 0, 0])
    t.notRegex(stderr, /secret-4711|7365637265742d34373131/)
  })
}

test('a tracer that throws is switched off, and the connection goes on', async (t) => {
  let calls = 0
  const rig = new Rig({ prepare: answerDrains })
  const connection = await rig.connect({
    tracer: {
      frame: () => {
        calls++
        if (calls > 5) throw new TypeError('a mistake of the tracer')
      },
    },
  })
  const sender = await rig.sender(10, {}, connection)
  watch(sender.send('hello'))
  await rig.run()
  const [transfer] = rig.peer.takeAll('transfer')
  rig.peer.dispose({ first: transfer?.deliveryId ?? -1, settled: true, state: ACCEPTED })
  await rig.run()
  t.is(calls, 6)
  await rig.until(connection.close())
})
