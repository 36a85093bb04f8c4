import test from 'ava'
import { inspect, inspectComposite } from '../../lib/types/inspect.js'
import type { AnyComposite } from '../../lib/types/known-composites.js'
import { ACCEPTED } from '../../lib/types/messaging.js'
import {
  AMQPArray,
  AMQPChar,
  AMQPDecimal32,
  AMQPDescribed,
  AMQPList,
  AMQPMap,
  AMQPSymbol,
  AMQPTimestamp,
  AMQPUuid,
  AMQPuInt,
  AMQPuLong,
} from '../../lib/types/wrappers.js'

const lines: readonly (readonly [unknown, string])[] = [
  [null, 'null'],
  [undefined, 'null'],
  [true, 'true'],
  [7, '7'],
  [-0, '-0'],
  [Number.NaN, 'NaN'],
  [2n ** 64n - 1n, '18446744073709551615'],
  ['a "b"\n\u2028\u0085', '"a \\"b\\"\\n\\u2028\\u0085"'],
  [new Uint8Array(0), '0x'],
  [Uint8Array.of(0, 255), '0x00ff'],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
  [new Date(Number.NaN), '<invalid date>'],
  [[1, [true]], '[1, [true]]'],
  [
    new Map<unknown, unknown>([
      ['k', 1],
      [2, null],
    ]),
    '{"k": 1, 2: null}',
  ],
  [{ k: 'v' }, '{"k": "v"}'],
  [Object.assign(Object.create(null), { 'x-opt-a': new AMQPSymbol('s') }), '{"x-opt-a": s}'],
  [new AMQPSymbol('amqp:accepted:list'), 'amqp:accepted:list'],
  [new AMQPSymbol('two words'), '"two words"'],
  [new AMQPSymbol('\u007f'), '"\\u007f"'],
  [new AMQPChar('é'), '"é"'],
  [new AMQPuInt(5), '5'],
  [new AMQPuLong(5), '5'],
  [new AMQPDecimal32('1.50'), '1.50'],
  [new AMQPTimestamp(2n ** 62n), '4611686018427387904 ms'],
  [new AMQPUuid('f275ea5e-0c57-4ad7-b11a-b20c563d3b71'), 'f275ea5e-0c57-4ad7-b11a-b20c563d3b71'],
  [new AMQPList([1, 'a']), '[1, "a"]'],
  [new AMQPMap({ a: 1 }), '{"a": 1}'],
  [new AMQPArray(['a', 'b'], 'symbol'), 'symbol[a, b]'],
  [new AMQPArray([1], 'int', [new AMQPSymbol('d')]), 'd int[1]'],
  [
    new AMQPDescribed(new AMQPSymbol('apache.org:selector-filter:string'), 'a > 1'),
    'apache.org:selector-filter:string("a > 1")',
  ],
  [() => 1, '<function>'],
  [ACCEPTED, 'accepted()'],
  [[ACCEPTED], '[accepted()]'],
]

test('every value is one readable line [1.6]', (t) => {
  for (const [value, line] of lines) t.is(inspect(value), line)
})

test('bytes and texts are shortened, with their length [1.6]', (t) => {
  t.is(inspect(new Uint8Array(32)), `0x${'00'.repeat(32)}`)
  t.is(inspect(new Uint8Array(33).fill(0xab)), `0x${'ab'.repeat(32)}…(33 bytes)`)
  t.is(inspect('x'.repeat(256)), `"${'x'.repeat(256)}"`)
  t.is(inspect('x'.repeat(1000)), `"${'x'.repeat(256)}"…(1000 characters)`)
  t.is(inspect(new AMQPSymbol('y'.repeat(300))), `"${'y'.repeat(256)}"…(300 characters)`)
})

test('what contains itself, or nests without end, ends in an ellipsis', (t) => {
  const own: unknown[] = [1]
  own.push(own)
  t.is(inspect(own), '[1, …]')
  const composite = { kind: 'strange', inner: undefined as unknown }
  composite.inner = composite
  t.is(inspect(composite), 'strange(inner=…)')
  let deep: unknown = 1
  for (let i = 0; i < 5000; i++) deep = [deep]
  t.true(inspect(deep).includes('…'))
})

const composites: readonly (readonly [AnyComposite, string])[] = [
  [
    { kind: 'attach', name: 'x', handle: 0, role: false, source: { kind: 'source', address: 'q' } },
    'attach(name="x", handle=0, role=sender, source=source(address="q"))',
  ],
  [
    {
      kind: 'attach',
      name: 'x',
      handle: 7,
      role: true,
      sndSettleMode: 0,
      rcvSettleMode: 1,
      source: {
        kind: 'source',
        durable: 2,
        expiryPolicy: 'never',
        outcomes: ['amqp:accepted:list', 'two words'],
      },
      target: { kind: 'coordinator', capabilities: ['amqp:local-transactions'] },
      unsettled: new Map([
        ['0a', ACCEPTED],
        ['0b', undefined],
      ]),
      maxMessageSize: 1048576n,
    },
    'attach(name="x", handle=7, role=receiver, snd-settle-mode=unsettled, rcv-settle-mode=second, ' +
      'source=source(durable=unsettled-state, expiry-policy=never, outcomes=[amqp:accepted:list, "two words"]), ' +
      'target=coordinator(capabilities=[amqp:local-transactions]), unsettled={"0a": accepted(), "0b": null}, ' +
      'max-message-size=1048576)',
  ],
  [
    {
      kind: 'transfer',
      handle: 1,
      deliveryId: 0xffffffff,
      deliveryTag: Uint8Array.of(1, 2),
      more: true,
      state: ACCEPTED,
    },
    'transfer(handle=1, delivery-id=4294967295, delivery-tag=0x0102, more=true, state=accepted())',
  ],
  [
    {
      kind: 'disposition',
      role: true,
      first: 3,
      last: 9,
      settled: true,
      state: {
        kind: 'rejected',
        error: { kind: 'error', condition: 'amqp:not-found', description: 'no "q"' },
      },
    },
    'disposition(role=receiver, first=3, last=9, settled=true, state=rejected(error=error(condition=amqp:not-found, description="no \\"q\\"")))',
  ],
  [
    { kind: 'attach', name: 'x', handle: 0, role: true, sndSettleMode: 9 },
    'attach(name="x", handle=0, role=receiver, snd-settle-mode=9)',
  ],
  [{ kind: 'end', error: undefined }, 'end()'],
  [
    { kind: 'sasl-mechanisms', saslServerMechanisms: ['PLAIN', 'SCRAM-SHA-256'] },
    'sasl-mechanisms(sasl-server-mechanisms=[PLAIN, SCRAM-SHA-256])',
  ],
]

test('a composite is one line in the words of the specification [2.7, 3.4, 3.5]', (t) => {
  for (const [value, line] of composites) {
    t.is(inspectComposite(value), line)
    t.is(inspect(value), line)
  }
})

test('an object with a kind that is no composite is shown by its properties', (t) => {
  t.is(inspectComposite({ kind: 'data', value: Uint8Array.of(1) } as { kind: string }), 'data(value=0x01)')
})

test('what proves an identity is counted, never shown [5.3.3]', (t) => {
  const secret = new TextEncoder().encode('\0user\0s3cret')
  const frames: readonly (readonly [AnyComposite, string])[] = [
    [
      { kind: 'sasl-init', mechanism: 'PLAIN', initialResponse: secret, hostname: 'h' },
      'sasl-init(mechanism=PLAIN, initial-response=<secret>, hostname="h")',
    ],
    [{ kind: 'sasl-challenge', challenge: secret }, 'sasl-challenge(challenge=<secret>)'],
    [{ kind: 'sasl-response', response: secret }, 'sasl-response(response=<secret>)'],
    [
      { kind: 'sasl-outcome', code: 1, additionalData: secret },
      'sasl-outcome(code=auth, additional-data=<secret>)',
    ],
    [{ kind: 'sasl-response', response: 's3cret' as never }, 'sasl-response(response=<string>)'],
  ]
  for (const [frame, line] of frames) {
    t.is(inspectComposite(frame), line)
    t.is(inspect([frame]), `[${line}]`)
  }
})
