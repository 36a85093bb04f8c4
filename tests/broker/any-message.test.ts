// Whatever message the broker takes in: what it makes of that later - with numbers, with properties changed, as a dead
// letter, as an event - is a message, too, whose body is as it came.

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { deadLetterBytes } from '../../lib/broker/dead-letter.js'
import { NewEvent } from '../../lib/broker/event-hubs/event.js'
import { BrokeredMessage } from '../../lib/broker/service-bus/brokered-message.js'
import { StoredMessage } from '../../lib/broker/stored-message.js'
import { AMQPError } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { BODY, FOOTER, Sections } from '../../lib/message/sections.js'
import { encode } from '../../lib/types/encode.js'
import {
  AMQPDescribed,
  type AMQPInput,
  AMQPList,
  AMQPMap,
  AMQPSymbol,
  AMQPuLong,
} from '../../lib/types/wrappers.js'
import { scalar, typedValue } from '../support/arbitraries.js'
import { damage, damaged } from '../support/damage.js'
import { seed } from '../support/scenario.js'

const LIMITS = {
  seed,
  numRuns: 20_000,
  interruptAfterTimeLimit: 2_000,
  markInterruptAsFailure: false,
} as const

const NAMES = [
  'x-opt-scheduled-enqueue-time',
  'x-opt-partition-key',
  'x-opt-sequence-number',
  'a',
  '__proto__',
]
const symbolMap = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), typedValue), { maxLength: 3, selector: ([name]) => name })
  .map((entries) => new AMQPMap(entries.map(([name, value]) => [new AMQPSymbol(name), value] as const)))
const list = fc
  .array(fc.oneof(fc.constant(null), scalar), { maxLength: 13 })
  .map((items) => new AMQPList(items))

/** Sections by their codes [3.2], each with what belongs there, or with any value. */
const SECTIONS: readonly (readonly [code: number, right: fc.Arbitrary<AMQPInput>])[] = [
  [0x70, list],
  [0x71, symbolMap],
  [0x72, symbolMap],
  [0x73, list],
  [0x74, symbolMap],
  [0x77, typedValue],
  [0x78, symbolMap],
]

const section = (code: number, right: fc.Arbitrary<AMQPInput>): fc.Arbitrary<Uint8Array | undefined> =>
  fc.option(
    fc
      .oneof({ weight: 8, arbitrary: right }, { weight: 1, arbitrary: typedValue })
      .map((value) => encode(new AMQPDescribed(new AMQPuLong(code), value))),
    { nil: undefined, freq: 2 },
  )

const payload = fc
  .tuple(
    fc.tuple(...SECTIONS.map(([code, right]) => section(code, right))),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(damage, { maxLength: 2 }) },
    ),
  )
  .map(([parts, damages]) => {
    const bytes = Buffer.concat(parts.filter((part) => part !== undefined))
    return damaged(new Uint8Array(bytes), damages)
  })

/** Undefined when it is refused, which is an error for the peer. */
function taken<T>(take: () => T): T | undefined {
  try {
    return take()
  } catch (error) {
    if (error instanceof AMQPError) return undefined
    throw error
  }
}

/** What of a message nobody may change. */
function bodyOf(bytes: Uint8Array): string {
  return Buffer.from(new Sections(bytes, true).raw(BODY, FOOTER)).toString('hex')
}

const CHANGES = { number: 1, text: 'a', nothing: null }
const CAUSE = { reason: 'reason', description: undefined }

function check(
  t: ExecutionContext,
  title: string,
  fn: (bytes: Uint8Array) => readonly Uint8Array[] | undefined,
): void {
  let count = 0
  fc.assert(
    fc.property(payload, (bytes) => {
      const made = fn(bytes)
      if (made === undefined) return
      count++
      for (const one of made) {
        Message.decodeMessage(one)
        t.is(bodyOf(one), bodyOf(bytes))
      }
    }),
    LIMITS,
  )
  t.true(count > 100, title)
}

test('messages of plain queues', (t) => {
  check(t, 'plain', (bytes) => {
    const message = taken(() => new StoredMessage(bytes, 0, 0))
    if (message === undefined) return undefined
    const first = message.toBytes()
    message.countFailure()
    const dead = deadLetterBytes(message, 'orders', CAUSE)
    return [first, message.toBytes(), dead, new StoredMessage(dead, 0, 0).toBytes()]
  })
})

test('messages of Service Bus queues', (t) => {
  check(t, 'service bus', (bytes) => {
    const message = taken(() => new BrokeredMessage(bytes, 0, 0))
    if (message === undefined) return undefined
    message.onEnqueued(1, new Date(0))
    message.stamp(new Date(0))
    const first = message.toBytes()
    message.setProperties(CHANGES)
    message.countFailure()
    message.stamp()
    const dead = new BrokeredMessage(deadLetterBytes(message, 'orders', CAUSE), 0, 0)
    const again = new BrokeredMessage(message.toBytes(), 0, 0)
    return [first, message.toBytes(), dead.toBytes(), again.toBytes()]
  })
})

test('events', (t) => {
  check(t, 'event', (bytes) => {
    const event = taken(() => new NewEvent(bytes))
    const place = { sequenceNumber: 1, offset: 0, enqueuedAtMs: 0 }
    return event && [event.at(place, { partitionKey: 'key', publisher: undefined }).bytes]
  })
})
