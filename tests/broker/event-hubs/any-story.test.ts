// Readers of a partition that come, go and are lost in whatever order: one with an epoch is alone there, no higher one gives
// way, and each reads all events from its start on, once and in order.

import test from 'ava'
import fc from 'fast-check'
import type { EmbeddedBroker } from '../../../lib/broker/index.js'
import type { FakeClock } from '../../support/fake-clock.js'
import { seed } from '../../support/scenario.js'
import { EngineClient, type EngineReceiver } from '../engine-client.js'
import { event, hubInMemory, messageOf, reader } from './engine-hub.js'

const CLIENTS = 3
const MOST_WITHOUT_EPOCH = 5

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('attach' as const),
      client: fc.nat({ max: CLIENTS - 1 }),
      epoch: fc.constantFrom(undefined, undefined, 0n, 1n, 2n),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('detach' as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('drop' as const), client: fc.nat({ max: CLIENTS - 1 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('send' as const), count: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('credit' as const), which: fc.nat(), credit: fc.nat({ max: 9 }) }),
  },
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Reader {
  readonly epoch: bigint | undefined
  readonly receiver: EngineReceiver
}

class Story {
  private readonly broker: EmbeddedBroker
  private readonly clock: FakeClock
  private readonly clients: EngineClient[]
  private readonly readers: Reader[] = []
  private sent = 0

  constructor(broker: EmbeddedBroker, clock: FakeClock) {
    this.broker = broker
    this.clock = clock
    this.clients = Array.from({ length: CLIENTS }, () => new EngineClient(broker, clock))
  }

  get present(): readonly Reader[] {
    return this.readers.filter(({ receiver }) => receiver.link.attached)
  }

  /** What is wrong afterwards; undefined: nothing. */
  play(one: Step): string | undefined {
    if (one.do === 'attach') return this.attach(one.client, one.epoch) ?? this.wrong
    if (one.do === 'send') this.send(one.count)
    else if (one.do === 'drop') this.drop(one.client)
    else {
      const { receiver } = this.present[one.which % (this.present.length || 1)] ?? {}
      if (one.do === 'detach') receiver?.link.detach()
      else receiver?.link.setCredit(one.credit)
    }
    this.clock.runDeferred()
    return this.wrong
  }

  private attach(at: number, epoch: bigint | undefined): string | undefined {
    const client = this.clients[at] as EngineClient
    if (this.readers.filter(({ receiver }) => receiver.client === client).length === 10) return undefined
    const highest = this.present.find((one) => one.epoch !== undefined)?.epoch
    const room = this.present.length < MOST_WITHOUT_EPOCH
    const mayCome = epoch === undefined ? highest === undefined && room : epoch >= (highest ?? 0n)
    const receiver = reader(client, epoch === undefined ? {} : { epoch })
    this.readers.push({ epoch, receiver })
    if (receiver.link.attached === mayCome) return undefined
    return `epoch ${epoch} where ${highest} is: attached ${receiver.link.attached}`
  }

  private send(count: number): void {
    const sender = new EngineClient(this.broker, this.clock).sender({ address: 'hub' })
    for (let i = 0; i < count; i++) sender.send(event(`${this.sent++}`))
  }

  private drop(at: number): void {
    this.clients[at]?.transport.destroy()
    this.clients[at] = new EngineClient(this.broker, this.clock)
  }

  private get wrong(): string | undefined {
    const epochs = this.present.map(({ epoch }) => epoch)
    const owned = epochs.some((epoch) => epoch !== undefined)
    if (epochs.length > (owned ? 1 : MOST_WITHOUT_EPOCH)) return `there are ${epochs.join(', ')}`
    for (const { receiver } of this.readers) {
      const texts = receiver.deliveries.map((delivery) => messageOf(delivery).text())
      if (texts.some((text, index) => text !== `${index}`)) return `one has read ${texts.join(', ')}`
    }
    return undefined
  }
}

test('epochs hold, and no reader misses an event or has one twice', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50 }), async (steps) => {
      const { broker, clock, hub } = await hubInMemory()
      const story = new Story(broker, clock)
      for (const one of steps) {
        const wrong = story.play(one)
        if (wrong !== undefined) throw new Error(wrong)
      }
      t.is(hub.partitions[0]?.readers, story.present.length)
      broker.dropConnections()
      clock.runDeferred()
      t.is(hub.partitions[0]?.readers, 0)
    }),
    { seed, numRuns: 300 },
  )
})
