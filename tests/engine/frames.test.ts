import { fromHex } from '../../lib/util/bytes.js'
import { begun, EnginePair } from '../support/engine-pair.js'
import { malformed } from '../support/malformed.js'
import { frameBytes, listBytes, performativeBytes } from '../support/peer-wire.js'
import { scenario } from '../support/scenario.js'

for (const { name, hex, expect } of malformed('frame')) {
  scenario(`${name} closes the connection with ${expect.condition} [2.3.1]`, (t, conditions) => {
    const { pair, peer } = begun(conditions)
    peer.sendRaw(fromHex(hex))
    pair.run()
    t.is(peer.expect('close').error?.condition, expect.condition ?? undefined)
    peer.done()
    t.true(pair.ended)
    t.is(pair.condition, expect.condition ?? undefined)
    t.regex(pair.reason?.message ?? '', new RegExp(expect.kind))
  })
}

for (const { name, hex, expect } of malformed('performative')) {
  scenario(`a frame with ${name} closes the connection with ${expect.condition} [2.7]`, (t, conditions) => {
    const { pair, peer } = begun(conditions)
    peer.sendRaw(frameBytes(peer.session.channel, fromHex(hex)))
    pair.run()
    t.is(peer.expect('close').error?.condition, expect.condition ?? undefined)
    t.regex(pair.reason?.message ?? '', new RegExp(expect.kind))
  })
}

scenario(
  'a damaged frame as the first one after the headers closes, too, and open goes before close [2.4.3]',
  (t, conditions) => {
    for (const { hex, expect } of malformed('frame')) {
      const pair = new EnginePair(conditions, { role: 'server' })
      pair.engine.start(pair.nowMs)
      pair.peer.on('header', () => {})
      pair.peer.start()
      pair.peer.sendRaw(fromHex(hex))
      pair.run()
      pair.peer.expect('header')
      pair.peer.expect('open')
      t.is(pair.peer.expect('close').error?.condition, expect.condition ?? undefined)
    }
  },
)

scenario('what follows a damaged frame is not looked at [2.4.3]', (t, conditions) => {
  const { pair, peer } = begun(conditions)
  peer.sendRaw(fromHex('00000007020000'))
  peer.newLink('late', 'sender')
  pair.run()
  peer.expect('close')
  peer.done()
  t.true(pair.ended)
})

scenario('a frame of exactly our max-frame-size is taken, one byte more is not [2.4.1]', (t, conditions) => {
  for (const over of [0, 1]) {
    const { pair, peer, session } = begun(conditions, { open: { maxFrameSize: 512 } })
    const receiver = pair.receiver(session)
    receiver.link.addCredit(1)
    pair.run()
    const link = peer.link('in')
    peer.forget()
    const head = performativeBytes({
      kind: 'transfer',
      handle: link.handle,
      deliveryId: 1,
      deliveryTag: new Uint8Array(1),
    })
    const payload = new Uint8Array(512 - 8 - head.length + over)
    peer.sendRaw(frameBytes(peer.session.channel, Buffer.concat([head, payload])))
    pair.run()
    t.is(receiver.deliveries.length, 1 - over)
    t.is(pair.condition, over === 0 ? undefined : 'amqp:connection:framing-error')
  }
})

scenario('a frame that announces gigabytes is refused before any of it came [2.3.1]', (t, conditions) => {
  const { pair, peer } = begun(conditions, { open: { maxFrameSize: 0x7fffffff } })
  peer.sendRaw(Uint8Array.of(0x80, 0, 0, 0, 2, 0, 0, 0))
  pair.run()
  t.is(pair.condition, 'amqp:connection:framing-error')
  t.is(peer.expect('close').error?.condition, 'amqp:connection:framing-error')
})

scenario('an extended header is stepped over [2.3.1]', (t, conditions) => {
  const { pair, peer } = begun(conditions)
  const body = listBytes(0x17, [])
  const frame = new Uint8Array(16 + body.length)
  new DataView(frame.buffer).setUint32(0, frame.length)
  frame.set([4, 0, 0, peer.session.channel, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4], 4)
  frame.set(body, 16)
  peer.session.endSent = true
  peer.sendRaw(frame)
  pair.run()
  peer.expect('end')
  peer.done()
  t.false(pair.ended)
})

scenario('an empty frame says nothing, on whatever channel it comes [2.4.5]', (t, conditions) => {
  const { pair, peer } = begun(conditions)
  peer.sendEmpty()
  peer.sendEmpty(65535)
  pair.run()
  peer.done()
  t.false(pair.ended)
})
