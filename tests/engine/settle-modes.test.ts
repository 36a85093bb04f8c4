import { begun } from '../support/engine-pair.js'
import { type Conditions, scenario } from '../support/scenario.js'

const NAMES = ['unsettled', 'settled', 'mixed']

function attached(conditions: Conditions, asked: number | undefined, granted: number | undefined) {
  const all = begun(conditions)
  const { pair, peer, session } = all
  peer.on('attach', () => peer.attach(peer.link('out'), { sndSettleMode: granted, rcvSettleMode: 0 }))
  const sender = pair.sender(session, { sndSettleMode: asked })
  pair.run()
  const link = peer.link('out')
  if (link.attach !== undefined && granted !== undefined)
    link.attach = { ...link.attach, sndSettleMode: granted }
  peer.grant(link, 10)
  pair.run()
  return { ...all, sender }
}

for (const asked of [undefined, 0, 1, 2]) {
  for (const granted of [0, 1, 2]) {
    const title = `asked for ${asked === undefined ? 'nothing' : NAMES[asked]}, granted ${NAMES[granted]}`
    scenario(`${title}: what was granted rules over what a delivery asks for [2.8.2]`, (t, conditions) => {
      const { pair, peer, sender } = attached(conditions, asked, granted)
      t.is(peer.expect('attach').sndSettleMode, asked)
      peer.forget()
      t.is(sender.link.sndSettleMode, granted)
      const settled = sender.send(5, true)
      const unsettled = sender.send(5, false)
      pair.run()
      const flags = peer.takeAll('transfer').map((transfer) => transfer.settled ?? false)
      const expected = [
        [false, false],
        [true, true],
        [true, false],
      ]
      t.deepEqual(flags, expected[granted] ?? [])
      t.is(settled.fate, flags[0] ? 'settled' : 'pending')
      t.is(unsettled.fate, flags[1] ? 'settled' : 'pending')
    })
  }
}

scenario('an answer that names no modes leaves those that were asked for [2.7.3]', (t, conditions) => {
  const { pair, session } = begun(conditions)
  const sender = pair.sender(session, { sndSettleMode: 1, rcvSettleMode: 1 })
  pair.run()
  t.is(sender.link.sndSettleMode, 1)
  t.is(sender.link.rcvSettleMode, 1)
})

scenario(
  'a receiver that asked for second and is granted first settles on its own [2.8.3]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    peer.on('attach', () => peer.attach(peer.link('in'), { rcvSettleMode: 0 }))
    const receiver = pair.receiver(session, { rcvSettleMode: 1 })
    t.false(receiver.link.settlesFirst)
    pair.run()
    peer.expect('attach', { rcvSettleMode: 1 })
    t.true(receiver.link.settlesFirst)
  },
)

scenario(
  'modes queued for an unattached link are decided when the answer is there [2.8.2]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    peer.on('attach', () => {
      const link = peer.link('out')
      peer.attach(link, { sndSettleMode: 1 })
      if (link.attach !== undefined) link.attach = { ...link.attach, sndSettleMode: 1 }
    })
    const sender = pair.sender(session)
    const delivery = sender.send(5)
    pair.run()
    peer.grant(peer.link('out'), 1)
    pair.run()
    t.is(delivery.fate, 'settled')
    t.deepEqual(
      peer.takeAll('transfer').map((transfer) => transfer.settled),
      [true],
    )
  },
)
