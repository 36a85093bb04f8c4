// Where a reader of an event hub begins: every form of the selector that Azure's clients write, and what is refused.

import test from 'ava'
import { AMQPDescribed, type AMQPInput, AMQPSymbol, AMQPuLong } from '../../../lib/types/wrappers.js'
import { type HubInMemory, hubInMemory, reader, SELECTOR, selector, sendEach, texts } from './engine-hub.js'

/** The clock of the fifth event; each of the four before was enqueued a second earlier than the next. */
const TIME_OF_4 = Date.UTC(2030, 0, 1) + 5_000

/** Events 0 to 4, enqueued a second after each other. */
async function fiveEvents(): Promise<HubInMemory> {
  const setting = await hubInMemory()
  for (let n = 0; n < 5; n++) {
    sendEach(setting.client, [String(n)])
    if (n < 4) setting.clock.advance(1_000)
  }
  return setting
}

function offsetOf({ hub }: HubInMemory, sequenceNumber: number): string {
  return String(hub.partitions[0]?.events[sequenceNumber]?.messageAnnotations?.['x-opt-offset'])
}

const STARTS: readonly (readonly [string, string])[] = [
  ["x-opt-offset > '-1'", '01234'],
  ['x-opt-offset > -1', '01234'],
  ["x-opt-offset >= '-1'", '01234'],
  ["x-opt-offset > 'OFFSET'", '34'],
  ["x-opt-offset >= 'OFFSET'", '234'],
  ['x-opt-offset >= OFFSET', '234'],
  ["x-opt-offset > '@latest'", ''],
  ['x-opt-offset > @latest', ''],
  ["x-opt-sequence-number > '-1'", '01234'],
  ["x-opt-sequence-number > '1'", '234'],
  ["x-opt-sequence-number >= '1'", '1234'],
  ['x-opt-sequence-number > 1', '234'],
  ["x-opt-sequence-number > '4'", ''],
  ["x-opt-sequence-number >= '5'", ''],
  [`x-opt-enqueued-time > '${TIME_OF_4 - 1_000}'`, '4'],
  [`x-opt-enqueued-time >= '${TIME_OF_4 - 1_000}'`, '34'],
  [`x-opt-enqueued-time > ${TIME_OF_4 - 1_001}`, '34'],
  ["x-opt-enqueued-time > '0'", '01234'],
]

for (const [text, expected] of STARTS) {
  test(`amqp.annotation.${text} starts before ${expected === '' ? 'what comes next' : `events ${expected}`}`, async (t) => {
    const setting = await fiveEvents()
    const written = `amqp.annotation.${text.replace('OFFSET', offsetOf(setting, 2))}`
    const receiver = reader(setting.client, { filter: selector(written) })
    t.is(texts(receiver).join(''), expected)
    sendEach(setting.client, ['5'])
    t.is(receiver.deliveries.length, expected.length + 1)
  })
}

test('the code 0x0000468C00000004 describes a selector as its name does, and the answer tells what was granted [3.5.8]', async (t) => {
  const { client } = await fiveEvents()
  const text = "amqp.annotation.x-opt-sequence-number > '2'"
  for (const descriptor of [new AMQPuLong(0x0000468c00000004), new AMQPSymbol(SELECTOR)]) {
    const asked = new AMQPDescribed(descriptor, text)
    const receiver = reader(client, { filter: { [SELECTOR]: asked } })
    t.true(asked.equals(receiver.link.remoteSource?.filter?.[SELECTOR]))
    t.deepEqual(texts(receiver), ['3', '4'])
  }
})

test('without a filter, and with one that is null, the oldest event comes first', async (t) => {
  const { client } = await fiveEvents()
  for (const filter of [{}, { [SELECTOR]: null }]) {
    t.deepEqual(texts(reader(client, { filter })), ['0', '1', '2', '3', '4'])
  }
})

test('the latest event is that of the attach, not that of the first credit', async (t) => {
  const { client } = await fiveEvents()
  const receiver = reader(client, { filter: selector("amqp.annotation.x-opt-offset > '@latest'") })
  sendEach(client, ['5', '6'])
  t.deepEqual(texts(receiver), ['5', '6'])
})

test('a time ahead leaves out what comes before it', async (t) => {
  const { client, clock } = await fiveEvents()
  const receiver = reader(client, {
    filter: selector(`amqp.annotation.x-opt-enqueued-time > '${TIME_OF_4 + 500}'`),
  })
  t.deepEqual(texts(receiver), [])
  sendEach(client, ['early'])
  clock.advance(1_000)
  sendEach(client, ['late'])
  t.deepEqual(texts(receiver), [])
  t.is(receiver.deliveries.length, 1)
})

const REFUSED: readonly (readonly [Record<string, AMQPInput>, string])[] = [
  [selector(''), 'com.microsoft:argument-error'],
  [selector('x-opt-offset > 1'), 'com.microsoft:argument-error'],
  [selector("amqp.annotation.x-opt-offset < '1'"), 'com.microsoft:argument-error'],
  [selector("amqp.annotation.x-opt-offset = '1'"), 'com.microsoft:argument-error'],
  [selector("amqp.annotation.x-opt-offset > '1"), 'com.microsoft:argument-error'],
  [selector("amqp.annotation.x-opt-offset > ''"), 'com.microsoft:argument-error'],
  [selector("amqp.annotation.x-opt-offset > '1.5'"), 'com.microsoft:argument-error'],
  [selector("amqp.annotation.x-opt-offset > '1' OR true"), 'com.microsoft:argument-error'],
  [selector("amqp.annotation.x-opt-sequence-number > '@latest'"), 'com.microsoft:argument-error'],
  [selector("amqp.annotation.x-opt-partition-key > '1'"), 'com.microsoft:argument-error'],
  [selector("amqp.annotation.x-opt-sequence-number > '6'"), 'com.microsoft:argument-error'],
  [selector("amqp.annotation.x-opt-offset > '99999999999999999999'"), 'com.microsoft:argument-error'],
  [{ [SELECTOR]: "amqp.annotation.x-opt-offset > '-1'" }, 'amqp:invalid-field'],
  [{ [SELECTOR]: new AMQPDescribed('else', "amqp.annotation.x-opt-offset > '-1'") }, 'amqp:invalid-field'],
  [{ [SELECTOR]: new AMQPDescribed(SELECTOR, 7) }, 'amqp:invalid-field'],
  [{ 'com.microsoft:session-filter': 'a' }, 'amqp:not-implemented'],
]

for (const [filter, condition] of REFUSED) {
  const [[name, value] = []] = Object.entries(filter)
  test(`a reader with the filter ${name} ${String(value)} is refused`, async (t) => {
    const { client, hub } = await fiveEvents()
    const receiver = reader(client, { filter })
    t.is(receiver.endReason?.condition, condition)
    t.is(hub.partitions[0]?.readers, 0)
  })
}
