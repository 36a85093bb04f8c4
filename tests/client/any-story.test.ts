// Whatever becomes of connections, links and nodes while a client works - they break, are closed, deleted, redirected -:
// every promise is settled in time, and a message whose sending was confirmed is with the broker.

import test from 'ava'
import fc from 'fast-check'
import type { ReceiveClient } from '../../lib/client/receive-client.js'
import type { SendClient } from '../../lib/client/send-client.js'
import { ErrorPolicy } from '../../lib/connection/error-policy.js'
import { AMQPError } from '../../lib/errors.js'
import { keepTidy } from '../connection/support/tidy.js'
import { seed } from '../support/scenario.js'
import { Stage } from './support/stage.js'

keepTidy(test)

const LIMITS = { seed, numRuns: 200 }

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: 'send' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'receive' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'drop' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'force' as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('elsewhere', ':', '').map((host) => ({ do: 'move' as const, host })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(undefined, 'new', 'orders').map((to) => ({ do: 'redirect' as const, to })),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'delete' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'close' as const }) },
  { weight: 4, arbitrary: fc.constantFrom(0, 0, 100, 5_000).map((ms) => ({ do: 'wait' as const, ms })) },
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

class Story {
  /** Texts whose sending was confirmed. */
  readonly confirmed: string[] = []
  readonly received: string[] = []
  readonly strange: unknown[] = []
  pending = 0
  private readonly stage: Stage
  private readonly options: {
    readonly followRedirects: boolean
    readonly errorPolicy: ErrorPolicy | undefined
  }
  private sender: SendClient
  private receiver: ReceiveClient
  private lastText = 0
  /** What may have been in a queue, waiting or not, when that was deleted. */
  readonly deleted: string[] = []

  constructor(stage: Stage, followRedirects: boolean, policy: boolean) {
    this.stage = stage
    const errorPolicy = policy ? new ErrorPolicy({ maxRetries: 2 }) : undefined
    this.options = { followRedirects, errorPolicy }
    this.sender = this.newSender()
    this.receiver = this.newReceiver()
  }

  private newSender(): SendClient {
    return this.stage.sender('orders', this.options)
  }

  private newReceiver(): ReceiveClient {
    return this.stage.receiver('orders', this.options)
  }

  private follow(promise: Promise<unknown>, then: (value: unknown) => void = () => {}): void {
    this.pending++
    promise
      .then(then, (error) => {
        if (!(error instanceof AMQPError)) this.strange.push(error)
      })
      .finally(() => this.pending--)
  }

  async play(one: Step): Promise<void> {
    const { broker } = this.stage
    if (one.do === 'send') this.send()
    else if (one.do === 'receive') this.receive()
    else if (one.do === 'drop') broker.dropConnections()
    else if (one.do === 'force') broker.closeConnections()
    else if (one.do === 'move')
      broker.closeConnections('amqp:connection:redirect', 'moved', { 'network-host': one.host })
    else if (one.do === 'redirect')
      broker.redirect('orders', one.to === undefined ? undefined : { address: one.to })
    else if (one.do === 'delete') this.delete()
    else if (one.do === 'close') this.renew()
    else await this.stage.clock.run(one.ms)
  }

  private send(): void {
    const text = `${++this.lastText}`
    this.follow(this.sender.sendMessage(text, { timeoutMs: 10_000 }), () => this.confirmed.push(text))
  }

  private receive(): void {
    this.follow(this.receiver.receive({ timeoutMs: 10_000 }), (message) => {
      const text = (message as { text(): string } | undefined)?.text()
      if (text !== undefined) this.received.push(text)
    })
  }

  private delete(): void {
    for (let text = 1; text <= this.lastText; text++) this.deleted.push(`${text}`)
    this.stage.broker.deleteQueue('orders')
  }

  private renew(): void {
    this.follow(this.sender.close())
    this.follow(this.receiver.close())
    this.sender = this.newSender()
    this.receiver = this.newReceiver()
  }

  kept(queue: string): string[] {
    const { broker } = this.stage
    return broker.queueNames.includes(queue) ? this.stage.waiting(queue) : []
  }

  async end(): Promise<void> {
    this.stage.broker.redirect('orders', undefined)
    for (let second = 0; second < 30; second++) await this.stage.clock.run(1_000)
    this.renew()
    for (let second = 0; second < 10; second++) await this.stage.clock.run(1_000)
    this.stage.broker.dropConnections()
    await this.stage.clock.run()
  }
}

for (const policy of [false, true]) {
  const kind = policy ? 'with an error policy' : 'without an error policy'
  test(`clients ${kind} settle all promises, and keep what was confirmed`, async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, followRedirects) => {
        const stage = await Stage.open(t)
        const story = new Story(stage, followRedirects, policy)
        for (const one of steps) await story.play(one)
        await story.end()
        t.deepEqual(story.strange, [])
        t.is(story.pending, 0)
        const known = new Set([
          ...story.received,
          ...story.deleted,
          ...story.kept('orders'),
          ...story.kept('new'),
        ])
        t.deepEqual(
          story.confirmed.filter((text) => !known.has(text)),
          [],
        )
        t.is(stage.broker.connections, 0)
        t.is(stage.clock.pendingTimers, 0)
      }),
      LIMITS,
    )
  })
}
