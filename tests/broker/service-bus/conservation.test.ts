// Whatever happens to a Service Bus queue, in whatever order - settlements, lost connections, locks that end, time that
// passes -, no message is lost or doubled: each is in the queue, once, or a dead letter, or somebody said that it is done.

import test from 'ava'
import fc from 'fast-check'
import type { EmbeddedBroker } from '../../../lib/broker/index.js'
import { ServiceBusQueue } from '../../../lib/broker/service-bus/queue.js'
import type { IncomingDelivery } from '../../../lib/engine/delivery.js'
import { SND_SETTLED, SND_UNSETTLED } from '../../../lib/engine/link.js'
import { Message } from '../../../lib/message/message.js'
import { ACCEPTED, type DeliveryState, RELEASED } from '../../../lib/types/messaging.js'
import { AMQPuInt } from '../../../lib/types/wrappers.js'
import type { FakeClock } from '../../support/fake-clock.js'
import { seed } from '../../support/scenario.js'
import { EngineClient, type EngineReceiver } from '../engine-client.js'
import { inMemory } from './memory-queue.js'

const LIMITS = { seed, numRuns: 300 }

const OUTCOMES: Readonly<Record<string, DeliveryState>> = {
  accepted: ACCEPTED,
  released: RELEASED,
  abandoned: { kind: 'modified' },
  deferred: { kind: 'modified', undeliverableHere: true },
  rejected: { kind: 'rejected' },
}

const CLIENTS = 3
/** Of a client, which has no more sessions. */
const MOST_RECEIVERS = 10
const client = fc.nat({ max: CLIENTS - 1 })
const session = fc.constantFrom('one', 'two', null)

const step = fc.oneof(
  fc.record({ do: fc.constant('send' as const), session, laterMs: fc.constantFrom(0, 0, 700) }),
  fc.record({
    do: fc.constant('receive' as const),
    client,
    session,
    settled: fc.boolean(),
    credit: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    do: fc.constant('settle' as const),
    which: fc.nat(),
    how: fc.constantFrom(...Object.keys(OUTCOMES)),
  }),
  fc.record({ do: fc.constant('more' as const), which: fc.nat(), credit: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ do: fc.constant('detach' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('drop' as const), client }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 300, 1_000, 70_000) }),
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

class Story {
  readonly sent: string[] = []
  readonly done = new Set<string>()
  private readonly broker: EmbeddedBroker
  private readonly clock: FakeClock
  private readonly sessions: boolean
  private readonly clients: EngineClient[]
  private readonly receivers: EngineReceiver[] = []
  private readonly taken: (readonly [EngineReceiver, IncomingDelivery])[] = []

  constructor(broker: EmbeddedBroker, clock: FakeClock, sessions: boolean) {
    this.broker = broker
    this.clock = clock
    this.sessions = sessions
    this.clients = Array.from({ length: CLIENTS }, () => new EngineClient(broker, clock))
  }

  play(one: Step): void {
    if (one.do === 'send') this.send(one.session ?? 'one', one.laterMs)
    else if (one.do === 'receive') this.receive(one)
    else if (one.do === 'settle') this.settle(one.which, one.how)
    else if (one.do === 'more') this.receiverAt(one.which)?.link.setCredit(one.credit)
    else if (one.do === 'detach') this.receiverAt(one.which)?.link.detach()
    else if (one.do === 'wait') this.clock.advance(one.ms)
    else {
      this.clients[one.client]?.transport.destroy()
      this.clients[one.client] = new EngineClient(this.broker, this.clock)
    }
    this.clock.runDeferred()
    this.collect()
  }

  private send(groupId: string, laterMs: number): void {
    const id = `${this.sent.length}`
    this.sent.push(id)
    const messageAnnotations =
      laterMs === 0 ? {} : { 'x-opt-scheduled-enqueue-time': new Date(this.clock.date() + laterMs) }
    const message = new Message(id, { properties: { groupId }, messageAnnotations })
    const sender = new EngineClient(this.broker, this.clock).sender({ address: 'orders' })
    sender.send(message.encodeMessage())
  }

  private receive(one: Step & { readonly do: 'receive' }): void {
    const mine = this.clients[one.client] as EngineClient
    if (this.receivers.filter((other) => other.client === mine).length === MOST_RECEIVERS) return
    const filter = this.sessions ? { 'com.microsoft:session-filter': one.session } : undefined
    const receiver = mine.receiver({
      source: { kind: 'source', address: 'orders', filter: filter as never },
      sndSettleMode: one.settled ? SND_SETTLED : SND_UNSETTLED,
      properties: { 'com.microsoft:timeout': new AMQPuInt(500) },
    })
    this.receivers.push(receiver)
    receiver.link.setCredit(one.credit)
  }

  private settle(which: number, how: string): void {
    const [taken] = this.taken.splice(which % (this.taken.length || 1), 1)
    if (taken === undefined) return
    const [receiver, delivery] = taken
    if (how === 'accepted') this.done.add(textOf(delivery))
    if (!receiver.ended) receiver.link.dispose(delivery, OUTCOMES[how] as DeliveryState, true)
  }

  private receiverAt(which: number): EngineReceiver | undefined {
    const open = this.receivers.filter(({ ended }) => !ended)
    return open[which % (open.length || 1)]
  }

  /** Ids of the sessions that receivers have now. */
  get held(): unknown[] {
    const attached = this.receivers.filter(({ link }) => link.attached)
    return attached.flatMap(({ link }) => link.remoteSource?.filter?.['com.microsoft:session-filter'] ?? [])
  }

  private collect(): void {
    for (const receiver of this.receivers) {
      for (const delivery of receiver.deliveries.splice(0)) {
        if (delivery.settled) this.done.add(textOf(delivery))
        else this.taken.push([receiver, delivery])
      }
    }
  }

  /** All go, and all that is due comes to pass. */
  end(): void {
    for (const one of this.clients) one.transport.destroy()
    this.clock.runDeferred()
    this.clock.advance(100_000)
    this.clock.runDeferred()
  }
}

function textOf(delivery: IncomingDelivery): string {
  return Message.decodeMessage(delivery.payload).text()
}

function textsIn(broker: EmbeddedBroker, name: string): string[] {
  const queue = broker.queue(name)
  if (!(queue instanceof ServiceBusQueue)) throw new TypeError('no Service Bus queue')
  return Array.from(queue.from(0), (message) => Message.decodeMessage(message.toBytes()).text())
}

for (const requiresSession of [false, true]) {
  const kind = requiresSession ? 'with sessions' : 'without sessions'
  test(`no message is lost, none doubled, no session had by two: a queue ${kind} [azure 4, 7]`, async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const serviceBus = { requiresSession, lockDurationMs: 1_000 }
        const { broker, clock } = await inMemory({ serviceBus, maxDeliveryCount: 3 })
        const story = new Story(broker, clock, requiresSession)
        for (const one of steps) {
          story.play(one)
          t.is(new Set(story.held).size, story.held.length)
        }
        story.end()
        const kept = textsIn(broker, 'orders')
        const dead = textsIn(broker, 'orders/$DeadLetterQueue')
        t.is(new Set([...kept, ...dead]).size, kept.length + dead.length)
        const known = new Set([...kept, ...dead, ...story.done])
        t.deepEqual(
          story.sent.filter((id) => !known.has(id)),
          [],
        )
        t.is(broker.queue('orders').locked, 0)
        t.is(broker.queue('orders').consumers, 0)
        t.is(clock.pendingTimers, 0)
      }),
      LIMITS,
    )
  })
}
