// Whatever a client asks of the management node of event hubs, in whatever types, it is answered with a status.

import test from 'ava'
import fc from 'fast-check'
import { Message } from '../../../lib/message/message.js'
import type { AMQPInput } from '../../../lib/types/wrappers.js'
import { scalar, typedValue } from '../../support/arbitraries.js'
import { seed } from '../../support/scenario.js'
import { EngineClient } from '../engine-client.js'
import { hubInMemory, messageOf, stored } from './engine-hub.js'

const LIKELY: Readonly<Record<string, readonly AMQPInput[]>> = {
  operation: ['READ', 'read', 'DELETE'],
  name: ['hub', 'HUB', 'other', '/hub', '$management', '__proto__', ''],
  type: ['com.microsoft:eventhub', 'com.microsoft:partition', 'toString'],
  partition: ['0', '1', '00', '__proto__', 0],
}

/** The first value of each field is the likeliest. */
const fields = fc.record(
  Object.fromEntries(
    Object.entries(LIKELY).map(([name, [first, ...others]]) => [
      name,
      fc.oneof(
        { weight: 4, arbitrary: fc.constant(first as AMQPInput) },
        { weight: 2, arbitrary: fc.constantFrom(...others) },
        { weight: 1, arbitrary: scalar as fc.Arbitrary<AMQPInput> },
      ),
    ]),
  ),
  { requiredKeys: [] },
)

test('every request has a status, and changes nothing', async (t) => {
  const { broker, clock, hub } = await hubInMemory()
  const seen = new Set<unknown>()
  await fc.assert(
    fc.asyncProperty(fields, typedValue, fc.boolean(), async (applicationProperties, body, withId) => {
      const client = new EngineClient(broker, clock)
      const address = '$management'
      const answers = client.receiver({ address, target: { kind: 'target', address: 'answers' } })
      answers.link.setCredit(1)
      const properties = { replyTo: 'answers', messageId: withId ? 'request' : undefined }
      const request = new Message(body, { properties, applicationProperties } as never)
      const sent = client.sender({ address }).send(request.encodeMessage())
      await clock.run()
      t.is(sent.outcome?.kind, 'accepted')
      const answer = messageOf(answers.deliveries[0] as never)
      const { statusCode, errorCondition } = answer.applicationProperties ?? {}
      t.is(answer.properties?.correlationId, properties.messageId)
      t.is(errorCondition === undefined, statusCode === 200)
      seen.add(statusCode)
      client.transport.destroy()
    }),
    { seed, numRuns: 400 },
  )
  t.deepEqual([...seen].sort(), [200, 400, 404, 501])
  t.deepEqual(stored(hub), [[]])
})
