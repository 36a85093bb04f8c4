// What the management nodes of event hubs answer: values of the types that clients expect, and a status for whatever is
// wrong with a request.

import test from 'ava'
import { ClaimBook } from '../../../lib/broker/claim-book.js'
import { NewEvent } from '../../../lib/broker/event-hubs/event.js'
import { EventHubs } from '../../../lib/broker/event-hubs/hubs.js'
import { hubManagement } from '../../../lib/broker/event-hubs/management.js'
import { Message } from '../../../lib/message/message.js'
import { decodeTyped } from '../../../lib/types/decode-typed.js'
import { encode } from '../../../lib/types/encode.js'
import {
  AMQPArray,
  AMQPBoolean,
  type AMQPInput,
  AMQPInt,
  AMQPLong,
  AMQPMap,
  AMQPString,
  AMQPTimestamp,
} from '../../../lib/types/wrappers.js'
import { FakeClock } from '../../support/fake-clock.js'
import { event } from './engine-hub.js'

const NOW = Date.UTC(2030, 0, 1) + 1_000
const HUB = { operation: 'READ', name: 'hub', type: 'com.microsoft:eventhub' }
const PARTITION = { ...HUB, type: 'com.microsoft:partition', partition: '1' }

function hubs(): EventHubs {
  const found = new EventHubs(new FakeClock())
  found.create('hub', { partitions: 2 })
  return found
}

async function ask(
  request: Record<string, AMQPInput> | undefined,
  known = hubs(),
  claims?: ClaimBook,
): Promise<Message> {
  const handler = hubManagement(known)('$management')
  const message = new Message('[]', { applicationProperties: request as never })
  const answer = await handler?.(message, { address: '$management', containerId: 'c', claims })
  return answer ?? new Message()
}

/** Status and condition, as the client reads them. */
async function statusOf(
  request: Record<string, AMQPInput> | undefined,
  claims?: ClaimBook,
): Promise<Record<string, unknown>> {
  const answer = await ask(request, hubs(), claims)
  return { ...Message.decodeMessage(answer.encodeMessage()).applicationProperties }
}

function typedMap(entries: Record<string, AMQPInput>): AMQPMap<AMQPInput, AMQPInput> {
  return new AMQPMap(Object.entries(entries).map(([key, value]) => [new AMQPString(key), value] as const))
}

async function answersWith(
  request: Record<string, AMQPInput>,
  expected: Record<string, AMQPInput>,
  known = hubs(),
): Promise<boolean> {
  const { value } = await ask(request, known)
  const body = decodeTyped(encode(value as AMQPInput))
  return typedMap(expected).equals(body)
}

test('READ tells of a hub', async (t) => {
  t.true(
    await answersWith(HUB, {
      name: 'hub',
      type: 'com.microsoft:eventhub',
      created_at: new AMQPTimestamp(NOW),
      partition_count: new AMQPInt(2),
      partition_ids: new AMQPArray(['0', '1'], 'string'),
      georeplication_factor: new AMQPInt(1),
    }),
  )
})

test('READ tells of a partition, with and without events', async (t) => {
  const fields = {
    name: 'hub',
    type: 'com.microsoft:partition',
    partition: '1',
    begin_sequence_number: new AMQPLong(0),
  }
  t.true(
    await answersWith(PARTITION, {
      ...fields,
      last_enqueued_sequence_number: new AMQPLong(-1),
      last_enqueued_offset: '-1',
      last_enqueued_time_utc: new AMQPTimestamp(0),
      is_partition_empty: new AMQPBoolean(true),
    }),
  )
  const known = hubs()
  known
    .find('hub')
    ?.partition('1')
    .append([new NewEvent(event('a')), new NewEvent(event('b'))], {})
  const second = known.find('hub')?.partitions[1]?.events[1]?.messageAnnotations?.['x-opt-offset']
  t.true(
    await answersWith(
      PARTITION,
      {
        ...fields,
        last_enqueued_sequence_number: new AMQPLong(1),
        last_enqueued_offset: String(second),
        last_enqueued_time_utc: new AMQPTimestamp(NOW),
        is_partition_empty: new AMQPBoolean(false),
      },
      known,
    ),
  )
})

const WRONG: readonly (readonly [Record<string, AMQPInput> | undefined, number, string])[] = [
  [undefined, 501, 'amqp:not-implemented'],
  [{ ...HUB, operation: 'WRITE' }, 501, 'amqp:not-implemented'],
  [{ ...HUB, operation: 7n }, 501, 'amqp:not-implemented'],
  [{ operation: 'READ', type: HUB.type }, 400, 'com.microsoft:argument-error'],
  [{ ...HUB, name: 5 }, 400, 'com.microsoft:argument-error'],
  [{ ...HUB, name: '' }, 404, 'amqp:not-found'],
  [{ ...HUB, name: '__proto__' }, 404, 'amqp:not-found'],
  [{ operation: 'READ', name: 'hub' }, 400, 'com.microsoft:argument-error'],
  [{ ...HUB, type: 'com.microsoft:queue' }, 400, 'com.microsoft:argument-error'],
  [{ ...HUB, type: PARTITION.type }, 400, 'com.microsoft:argument-error'],
  [{ ...PARTITION, partition: 1 }, 400, 'com.microsoft:argument-error'],
  [{ ...PARTITION, partition: '2' }, 400, 'com.microsoft:argument-out-of-range'],
]

for (const [request, status, condition] of WRONG) {
  const shown = Object.entries(request ?? {}).map(([name, value]) => `${name}=${String(value)}`)
  test(`a request with ${shown.join(' ') || 'nothing'} is answered with ${status}`, async (t) => {
    const { statusCode, statusDescription, errorCondition } = await statusOf(request)
    t.is(statusCode, status)
    t.is(String(errorCondition), condition)
    t.is(typeof statusDescription, 'string')
  })
}

test('a client learns nothing of a hub that its claims do not cover', async (t) => {
  const clock = new FakeClock()
  const claims = new ClaimBook(clock)
  claims.put('other', clock.date() + 1_000)
  t.is((await statusOf(HUB, claims))['statusCode'], 401)
  claims.put('hub/$management', clock.date() + 1_000)
  t.is((await statusOf(HUB, claims))['statusCode'], 200)
  claims.end()
})

test('the nodes are there as long as there are hubs', (t) => {
  const known = hubs()
  const family = hubManagement(known)
  for (const address of ['$management', 'hub/$management', '/HUB/$management']) t.truthy(family(address))
  for (const address of ['other/$management', '/$management/', 'hub', '']) t.is(family(address), undefined)
  known.delete('hub')
  for (const address of ['$management', 'hub/$management']) t.is(family(address), undefined)
})
