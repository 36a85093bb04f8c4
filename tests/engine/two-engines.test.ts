import test from 'ava'
import fc from 'fast-check'
import { ACCEPTED, RELEASED } from '../../lib/types/messaging.js'
import { Side, settle } from '../support/engine-engine.js'
import { pattern, SenderProbe, type SentDelivery, SessionProbe } from '../support/engine-probes.js'
import { seed } from '../support/scenario.js'

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      link: fc.nat({ max: 2 }),
      size: fc.nat({ max: 3_000 }),
      settled: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('credit' as const),
      link: fc.nat({ max: 2 }),
      count: fc.nat({ max: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('lower' as const),
      link: fc.nat({ max: 2 }),
      count: fc.nat({ max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drain' as const), link: fc.nat({ max: 2 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('dispose' as const),
      link: fc.nat({ max: 2 }),
      count: fc.nat({ max: 4 }),
      accept: fc.boolean(),
      settled: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('block' as const), blocked: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('carry' as const),
      back: fc.boolean(),
      bytes: fc.nat({ max: 1_500 }),
    }),
  },
)

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

/** A client that sends by three links, a server that receives. */
class World {
  readonly client = new Side('client', 700)
  readonly server = new Side('server', 600)
  readonly senders: SenderProbe[] = []
  readonly sent: { delivery: SentDelivery; payload: Uint8Array; sender: SenderProbe; cancelled: boolean }[] =
    []
  private disposed = new Set<unknown>()
  private salt = 0

  constructor(incomingWindow: number) {
    const { client, server } = this
    client.engine.start(0)
    const session = new SessionProbe()
    session.session = client.engine.connection.createSession({ incomingWindow }, session)
    for (let i = 0; i < 3; i++) {
      const probe = new SenderProbe()
      const options = { name: `link ${i}`, source: { address: 'a' }, target: { address: 'b' } }
      probe.link = session.session.attachSender(options, probe)
      this.senders.push(probe)
    }
    settle(client, server)
    if (server.receivers.length !== 3) throw new Error('the links were not attached')
  }

  act(a: Action): void {
    const { client, server } = this
    const receiver = 'link' in a ? server.receivers[a.link] : undefined
    switch (a.do) {
      case 'send':
        return this.send(this.senders[a.link] as SenderProbe, a.size, a.settled)
      case 'credit':
        return receiver?.link.addCredit(a.count)
      case 'lower':
        return receiver?.link.setCredit(Math.min(a.count, receiver.link.credit.linkCredit))
      case 'drain':
        return receiver?.link.drain()
      case 'dispose': {
        const open =
          receiver?.deliveries.filter((delivery) => !delivery.settled && !this.disposed.has(delivery)) ?? []
        for (const delivery of open.slice(0, a.count)) {
          this.disposed.add(delivery)
          receiver?.link.dispose(delivery, a.accept ? ACCEPTED : RELEASED, a.settled)
        }
        return
      }
      case 'cancel': {
        const one = this.sent[a.which % (this.sent.length || 1)]
        if (one === undefined || one.delivery.fate !== 'pending' || one.cancelled) return
        one.cancelled = true
        one.sender.link.cancel(one.delivery)
        return
      }
      case 'block':
        return client.engine.setBlocked(a.blocked)
      case 'carry':
        if (a.back) server.carry(client, a.bytes)
        else client.carry(server, a.bytes)
    }
  }

  private send(sender: SenderProbe, size: number, settled: boolean): void {
    const payload = pattern(size, this.salt++)
    this.sent.push({ delivery: sender.send(payload, settled), payload, sender, cancelled: false })
  }

  /** Everything that was begun is brought to its end. */
  finish(): void {
    const { client, server } = this
    client.engine.setBlocked(false)
    settle(client, server)
    for (const receiver of server.receivers) receiver.link.addCredit(1_000)
    settle(client, server)
    for (const receiver of server.receivers) {
      for (const delivery of receiver.deliveries) {
        if (delivery.settled || this.disposed.has(delivery)) continue
        receiver.link.dispose(delivery, ACCEPTED, true)
      }
    }
    settle(client, server)
  }
}

/** The payloads that a receiver must have seen, in order: those not given up, and maybe some that were. */
function isOrderedWithout(
  seen: readonly Uint8Array[],
  sent: readonly { payload: Uint8Array; cancelled: boolean }[],
): boolean {
  let at = 0
  for (const { payload, cancelled } of sent) {
    const next = seen[at]
    const same = next !== undefined && Buffer.compare(next, payload) === 0
    if (same) at++
    else if (!cancelled) return false
  }
  return at === seen.length
}

test('two engines lose nothing, double nothing and mix nothing up, whatever their owners do [2.6]', (t) => {
  let runs = 0
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 80 }),
      fc.integer({ min: 2, max: 40 }),
      (actions, incomingWindow) => {
        runs++
        const world = new World(incomingWindow)
        for (const one of actions) world.act(one)
        world.finish()
        const { client, server, senders, sent } = world
        if (client.ended || server.ended)
          throw new Error(`ended: ${client.reason?.message} / ${server.reason?.message}`)
        for (const [i, sender] of senders.entries()) {
          if (sender.ended) throw new Error(`a link ended: ${sender.reason?.message}`)
          if (sender.link.queued !== 0) throw new Error('a message is still queued')
          const seen = server.receivers[i]?.payloads ?? []
          if (
            !isOrderedWithout(
              seen,
              sent.filter((one) => one.sender === sender),
            )
          )
            throw new Error('messages differ')
        }
        for (const { delivery, cancelled } of sent) {
          if (cancelled ? delivery.fate !== 'pending' : delivery.fate !== 'settled')
            throw new Error(`a fate is ${delivery.fate}`)
        }
        const [session] = server.sessions
        if (session?.session.incoming.size !== 0) throw new Error('the receiver still holds deliveries')
      },
    ),
    { seed, numRuns: 100_000, interruptAfterTimeLimit: 2_500, markInterruptAsFailure: false },
  )
  t.true(runs > 50)
})
