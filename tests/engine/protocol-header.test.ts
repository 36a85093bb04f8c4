import { AMQPConnectionError } from '../../lib/errors.js'
import { fromHex } from '../../lib/util/bytes.js'
import { EnginePair } from '../support/engine-pair.js'
import { malformed } from '../support/malformed.js'
import { AMQP_HEADER, SASL_HEADER } from '../support/peer-wire.js'
import { scenario } from '../support/scenario.js'

const headers = malformed('protocol-header')

scenario(
  'a client sends the AMQP header first, and open once the same header came back [2.2]',
  (t, conditions) => {
    const pair = new EnginePair(conditions)
    const { peer } = pair
    peer.on('header', () => {})
    pair.engine.start(pair.nowMs)
    pair.run()
    t.deepEqual(peer.expect('header').bytes, AMQP_HEADER)
    peer.done()
    peer.sendRaw(AMQP_HEADER)
    pair.run()
    peer.expect('open', { containerId: 'engine' })
    peer.done()
  },
)

scenario(
  'a server is silent until the header of the client came, and answers it alike [2.2]',
  (t, conditions) => {
    const pair = new EnginePair(conditions, { role: 'server' })
    pair.engine.start(pair.nowMs)
    pair.run()
    t.deepEqual(pair.writes, [])
    pair.peer.start()
    pair.run()
    t.deepEqual(pair.peer.expect('header').bytes, AMQP_HEADER)
    t.is(pair.opens[0]?.containerId, 'peer')
    t.true(pair.engine.connection.opened)
  },
)

scenario(
  'open, begin and attach may come with the header, before anything was answered [2.4.6]',
  (t, conditions) => {
    const pair = new EnginePair(conditions, { role: 'server' })
    const { peer } = pair
    pair.engine.start(pair.nowMs)
    peer.on('header', () => {})
    peer.start()
    peer.open()
    peer.begin()
    peer.newLink('in', 'sender')
    pair.run()
    t.is(pair.engine.connection.stateName, 'OPENED')
    t.is(pair.sessions.length, 1)
    t.is(pair.sessions[0]?.stateName, 'BEGIN_RCVD')
  },
)

for (const { name, hex } of headers.filter((one) => one.hex.length === 16)) {
  scenario(`a client that is answered with ${name} gives up and says what came [2.2]`, (t, conditions) => {
    const pair = new EnginePair(conditions)
    pair.peer.on('header', () => pair.peer.sendRaw(fromHex(hex)))
    pair.engine.start(pair.nowMs)
    pair.run()
    t.true(pair.ended)
    t.true(pair.reason instanceof AMQPConnectionError)
    t.is(pair.reason?.code, 'AMQP_PROTOCOL_HEADER')
    t.regex(pair.reason?.message ?? '', /does not speak AMQP 1\.0|HTTP/)
    pair.peer.expect('header')
    pair.peer.done()
  })

  scenario(
    `a server that is met with ${name} answers with what it speaks, and ends [2.2]`,
    (t, conditions) => {
      const pair = new EnginePair(conditions, { role: 'server' })
      pair.engine.start(pair.nowMs)
      pair.peer.sendRaw(fromHex(hex))
      pair.run()
      t.deepEqual(pair.peer.expect('header').bytes, AMQP_HEADER)
      pair.peer.done()
      t.is(pair.reason?.code, 'AMQP_PROTOCOL_HEADER')
    },
  )
}

scenario('a header that is cut is waited for [2.2]', (t, conditions) => {
  const pair = new EnginePair(conditions)
  const cut = headers.find(({ name }) => name === 'header-cut')
  pair.peer.on('header', () => pair.peer.sendRaw(fromHex(cut?.hex ?? '')))
  pair.engine.start(pair.nowMs)
  pair.run()
  t.false(pair.ended)
  pair.peer.sendRaw(AMQP_HEADER.subarray(4))
  pair.run()
  pair.peer.expect('header')
  pair.peer.expect('open')
})

scenario('a SASL header in place of an AMQP header means that SASL is required [5.3.1]', (t, conditions) => {
  const pair = new EnginePair(conditions)
  pair.peer.on('header', () => pair.peer.sendRaw(SASL_HEADER))
  pair.engine.start(pair.nowMs)
  pair.run()
  t.regex(pair.reason?.message ?? '', /requires SASL/)
})

scenario('the start of a TLS handshake in place of a header is told as such [2.2]', (t, conditions) => {
  const pair = new EnginePair(conditions)
  pair.peer.on('header', () => pair.peer.sendRaw(Uint8Array.of(0x15, 3, 1, 0, 2, 2, 70, 0)))
  pair.engine.start(pair.nowMs)
  pair.run()
  t.regex(pair.reason?.message ?? '', /TLS/)
})
