// Whatever somebody sends in place of a login: nobody comes in without a password, and others are served as before.

import test from 'ava'
import fc from 'fast-check'
import { EmbeddedBroker } from '../../lib/broker/index.js'
import { Message } from '../../lib/message/message.js'
import type { SaslFrame } from '../../lib/types/security.js'
import { utf8Encode } from '../../lib/util/bytes.js'
import { damage, damaged } from '../support/damage.js'
import { FakeClock } from '../support/fake-clock.js'
import { AMQP_HEADER, frameBytes, SASL_HEADER, saslBytes } from '../support/peer-wire.js'
import { seed } from '../support/scenario.js'
import { EngineClient } from './engine-client.js'
import { OPEN_FRAME } from './wild-client.js'

const MECHANISMS = [
  'PLAIN',
  'SCRAM-SHA-256',
  'SCRAM-SHA-1',
  'EXTERNAL',
  'ANONYMOUS',
  'MSSBCBS',
  '',
  '__proto__',
]
const RESPONSES = [
  '\0ann\0wrong',
  '\0\0',
  'ann\0bob\0secret',
  '\0constructor\0',
  'n,,n=ann,r=nonce',
  'y,,n=ann,r=nonce',
  'p=tls-unique,,n=ann,r=nonce',
  'n,a=bob,n=ann,r=nonce',
  'n,,m=ext,n=ann,r=nonce',
  'n,,n==2C,r=nonce',
  'c=biws,r=nonce,p=AAAA',
  'v=AAAA',
].map(utf8Encode)

const response = fc
  .tuple(fc.constantFrom(...RESPONSES), fc.array(damage, { maxLength: 2 }))
  .map(([bytes, damages]) => damaged(bytes, damages))

const saslFrame = fc.oneof(
  fc.record({
    kind: fc.constant('sasl-init' as const),
    mechanism: fc.constantFrom(...MECHANISMS),
    initialResponse: fc.option(response, { nil: undefined }),
  }),
  response.map((bytes) => ({ kind: 'sasl-response' as const, response: bytes })),
  fc.constant({ kind: 'sasl-outcome' as const, code: 0 }),
)

const piece = fc.oneof(
  { weight: 6, arbitrary: saslFrame.map((frame) => frameBytes(0, saslBytes(frame as SaslFrame), 1)) },
  { weight: 1, arbitrary: fc.constantFrom(AMQP_HEADER, SASL_HEADER, OPEN_FRAME) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
)

test('nobody comes in by anything but a password that is right [5.3]', async (t) => {
  const clock = new FakeClock()
  const users = { ann: 'secret', bob: '' }
  const broker = await EmbeddedBroker.start({ listen: false, clock, users })
  const login = { mechanism: 'PLAIN', response: utf8Encode('\0ann\0secret') }
  const witness = new EngineClient(broker, clock, login).sender({ address: 'witness' })
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), fc.boolean(), async (pieces, apart) => {
      const transport = broker.connect()
      let said = ''
      transport.onBytes = (chunk) => {
        said += Buffer.from(chunk).toString('latin1')
      }
      transport.onClose = () => {}
      for (const bytes of [SASL_HEADER, ...pieces, AMQP_HEADER, OPEN_FRAME]) {
        transport.write([bytes])
        if (apart) await clock.run()
      }
      await clock.run()
      t.false(said.includes('amqp1-broker'), 'it was let in')
      transport.destroy()
      await clock.run()
      t.is(broker.connections, 1)
      t.is(witness.send(new Message('a').encodeMessage()).outcome?.kind, 'accepted')
    }),
    { seed, numRuns: 400 },
  )
})
