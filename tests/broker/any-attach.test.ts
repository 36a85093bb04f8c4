// Whatever an attach holds, in whatever types, the broker answers or ends that connection; others are not disturbed, and
// nothing is left of it.

import test from 'ava'
import fc from 'fast-check'
import type { EmbeddedBroker } from '../../lib/broker/index.js'
import { Message } from '../../lib/message/message.js'
import {
  AMQPArray,
  AMQPBoolean,
  AMQPDescribed,
  type AMQPInput,
  AMQPMap,
  AMQPString,
  AMQPSymbol,
  AMQPuByte,
  AMQPuInt,
  AMQPuLong,
} from '../../lib/types/wrappers.js'
import { typedValue } from '../support/arbitraries.js'
import type { FakeClock } from '../support/fake-clock.js'
import { seed } from '../support/scenario.js'
import { brokerInMemory, EngineClient, type EngineSender } from './engine-client.js'
import { ATTACH, type Fields, FLOW, WildClient } from './wild-client.js'

const LIMITS = {
  seed,
  numRuns: 2_000,
  interruptAfterTimeLimit: 6_000,
  markInterruptAsFailure: false,
} as const

const HUB = 'hub/ConsumerGroups/$Default/Partitions/0'
const ADDRESSES = [
  'plain',
  'plain/$DeadLetterQueue',
  'locks',
  'LOCKS/$management',
  'sessions',
  '/sessions/$deadletterqueue',
  'sessions/$management',
  'hub',
  'hub/Partitions/0',
  'hub/Publishers/__proto__',
  HUB,
  '$management',
  'fresh',
  '',
]

/** Values of a field that are right, now and then one that is not. */
function mostly(right: fc.Arbitrary<AMQPInput | undefined>): fc.Arbitrary<AMQPInput | undefined> {
  return fc.oneof({ weight: 150, arbitrary: right }, { weight: 1, arbitrary: typedValue })
}

function symbolMap(names: readonly string[], value: fc.Arbitrary<AMQPInput>): fc.Arbitrary<AMQPInput> {
  const entry = fc.tuple(fc.constantFrom(...names), fc.oneof(value, typedValue))
  return fc
    .uniqueArray(entry, { maxLength: 4, selector: ([name]) => name })
    .map((entries) => new AMQPMap(entries.map(([name, one]) => [new AMQPSymbol(name), one] as const)))
}

const none = fc.constant(undefined)
const address = mostly(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...ADDRESSES).map((one) => new AMQPString(one)) },
    { weight: 1, arbitrary: fc.nat({ max: 700 }).map((length) => new AMQPString('a'.repeat(length))) },
    { weight: 1, arbitrary: none },
  ),
)
const numbers = fc.constantFrom(0, 1, 2, 3, 0xffffffff).map((one) => new AMQPuInt(one))
const selector = fc
  .constantFrom(
    "amqp.annotation.x-opt-offset > '@latest'",
    "amqp.annotation.x-opt-sequence-number >= '0'",
    '',
  )
  .map((text) => new AMQPDescribed(new AMQPSymbol('apache.org:selector-filter:string'), text))
const sessionId = fc.constantFrom<AMQPInput>(
  null,
  'one',
  '',
  new AMQPDescribed(new AMQPuLong(0x137000000cn), 'one'),
)
const filter = symbolMap(
  ['com.microsoft:session-filter', 'apache.org:selector-filter:string', '__proto__'],
  fc.oneof(sessionId, selector),
)
const properties = symbolMap(
  ['com.microsoft:epoch', 'com.microsoft:timeout', 'com.microsoft:receiver-name', 'paired', '__proto__'],
  fc.constantFrom<AMQPInput>(0n, 5n, -1n, new AMQPuInt(0), new AMQPuInt(100), 'name', true),
)
const capabilities = fc.constantFrom<AMQPInput | undefined>(
  undefined,
  new AMQPSymbol('com.microsoft:idempotent-producer'),
  new AMQPArray([new AMQPSymbol('com.microsoft:enable-receiver-runtime-metric')], 'symbol'),
)
const flag = fc.constantFrom(undefined, new AMQPBoolean(true), new AMQPBoolean(false))
const mode = fc.constantFrom(undefined, new AMQPuByte(0), new AMQPuByte(1), new AMQPuByte(2))
const policy = fc
  .constantFrom(undefined, 'never', 'link-detach', 'copy', 'move')
  .map((one) => one && new AMQPSymbol(one))

function terminus(
  code: number,
  rest: readonly fc.Arbitrary<AMQPInput | undefined>[],
): fc.Arbitrary<AMQPInput> {
  const common = [address, mostly(numbers), mostly(policy), mostly(numbers), mostly(flag), mostly(none)]
  return fc.tuple(...[...common, ...rest]).map(
    (fields) =>
      new AMQPDescribed(
        new AMQPuLong(code),
        fields.map((field) => field ?? null),
      ),
  )
}

const source = terminus(0x28, [
  mostly(policy),
  mostly(filter),
  mostly(none),
  mostly(none),
  mostly(capabilities),
])
const target = terminus(0x29, [mostly(capabilities)])

/** Fields of an attach by position; the handle is that of the place in the talk. */
const attach = fc.tuple(
  mostly(fc.constantFrom(...'abcdefghijkl', 'n'.repeat(600)).map((one) => new AMQPString(one))),
  mostly(fc.boolean().map((role) => new AMQPBoolean(role))),
  mostly(mode),
  mostly(mode),
  mostly(fc.option(source, { nil: undefined, freq: 8 })),
  mostly(fc.option(target, { nil: undefined, freq: 8 })),
  mostly(none),
  mostly(none),
  mostly(fc.constant(new AMQPuInt(0))),
  mostly(fc.constantFrom(undefined, new AMQPuLong(1n), new AMQPuLong(1_000n))),
  mostly(capabilities),
  mostly(capabilities),
  mostly(properties),
)

/** Credit for the link, as a flow. */
function flow(handle: number): Fields {
  return [0, 2_048, 0, 2_048, handle, 0, 5]
}

/** Somebody else, who must not notice. */
class Witness {
  private readonly clock: FakeClock
  private readonly sender: EngineSender

  constructor(broker: EmbeddedBroker, clock: FakeClock) {
    this.clock = clock
    this.sender = new EngineClient(broker, clock).sender({ address: 'witness' })
  }

  get undisturbed(): boolean {
    const sent = this.sender.send(new Message('a').encodeMessage())
    this.clock.runDeferred()
    return sent.outcome?.kind === 'accepted'
  }
}

async function brokerOfAllKinds(): Promise<{ broker: EmbeddedBroker; clock: FakeClock }> {
  const { broker, clock } = await brokerInMemory()
  broker.createQueue('witness')
  broker.createQueue('plain')
  broker.createQueue('locks', { serviceBus: { lockDurationMs: 1_000 } })
  broker.createQueue('sessions', { serviceBus: { lockDurationMs: 1_000, requiresSession: true } })
  broker.createEventHub('hub')
  return { broker, clock }
}

test('any attaches, with credit for each, disturb nobody else and leave nothing behind [2.6.3]', async (t) => {
  const { broker, clock } = await brokerOfAllKinds()
  const witness = new Witness(broker, clock)
  const filler = new EngineClient(broker, clock)
  const message = new Message('a', { properties: { groupId: 'one' } }).encodeMessage()
  const fill = ['plain', 'locks', 'sessions', 'hub'].map((name) => filler.sender({ address: name }))
  const timers = clock.pendingTimers
  fc.assert(
    fc.property(
      fc.array(attach, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(512, 65_536),
      (attaches, frame) => {
        for (const sender of fill) sender.send(message)
        const wild = new WildClient(broker, clock, frame).begin()
        attaches.forEach(([name, role, ...rest], handle) => {
          wild.perform(ATTACH, [name, new AMQPuInt(handle), role, ...rest])
          if (wild.open) wild.perform(FLOW, flow(handle))
        })
        clock.advance(70_000)
        clock.runDeferred()
        wild.drop()
        const left = broker.queueNames.map((one) => broker.queue(one).consumers)
        const readers = broker.eventHub('hub').partitions.map((one) => one.readers)
        t.deepEqual(new Set([...left, ...readers]), new Set([0]))
        t.true(witness.undisturbed)
      },
    ),
    LIMITS,
  )
  for (const sender of fill) t.false(sender.ended)
  clock.advance(70_000)
  t.is(clock.pendingTimers, timers)
})
