// A connection of the library joined in memory to scripted peers, one for each transport that it asks for. Time stands
// still but for `run`; no port is opened.

import { Connection } from '../../../lib/connection/connection.js'
import type { MessageReceiver } from '../../../lib/connection/message-receiver.js'
import type { MessageSender } from '../../../lib/connection/message-sender.js'
import type { ConnectionOptions } from '../../../lib/connection/options.js'
import type { ReceiverOptions, SenderOptions } from '../../../lib/connection/session.js'
import { Message, type MessageInput } from '../../../lib/message/message.js'
import { type MemoryPairOptions, type MemoryTransport, memoryPair } from '../../../lib/transport/memory.js'
import type { Transport } from '../../../lib/transport/transport.js'
import type { WaitOptions } from '../../../lib/util/deferred.js'
import { FakeClock } from '../../support/fake-clock.js'
import { Peer, type PeerOptions } from '../../support/peer.js'
import type { PeerLink } from '../../support/peer-state.js'
import { NEAR_WRAP } from '../../support/scenario.js'
import { watch } from './watch.js'

export interface RigOptions {
  readonly peer?: PeerOptions | undefined
  readonly pair?: Omit<MemoryPairOptions, 'clock'> | undefined
  /** Tells each new peer what to do otherwise than politely. */
  readonly prepare?: ((peer: Peer) => void) | undefined
}

/** A peer without messages: it gives all credit back when it is asked to drain [2.6.7]. */
export function answerDrains(peer: Peer): void {
  peer.on('flow', ({ handle, drain, linkCredit = 0 }, { channel }) => {
    const link = peer.sessions
      .filter(({ remoteChannel, endReceived }) => remoteChannel === channel && !endReceived)
      .flatMap(({ links }) => links)
      .find(({ remoteHandle }) => remoteHandle === handle)
    if (link !== undefined && drain === true) peer.drained(link, linkCredit)
  })
}

export const URL = 'amqp://peer.test/orders'

export class Rig {
  readonly clock = new FakeClock()
  readonly peers: Peer[] = []
  /** The ends of the library. */
  readonly lines: MemoryTransport[] = []
  /** Delivery-id of the last message that `texts` told. */
  lastDeliveryId = -1
  private readonly far: MemoryTransport[] = []
  private readonly options: RigOptions

  constructor(options: RigOptions = {}) {
    this.options = options
  }

  /** The peer joined last. */
  get peer(): Peer {
    const peer = this.peers.at(-1)
    if (peer === undefined) throw new Error('nobody has connected')
    return peer
  }

  get line(): MemoryTransport {
    return this.lines.at(-1) as MemoryTransport
  }

  readonly transport = async (): Promise<Transport> => {
    const [near, far] = memoryPair({ ...this.options.pair, clock: this.clock })
    const peer = new Peer(this.options.peer)
    this.options.prepare?.(peer)
    far.onBytes = (chunk) => {
      peer.receive(chunk)
      far.write(peer.take())
    }
    this.peers.push(peer)
    this.lines.push(near)
    this.far.push(far)
    return near
  }

  /** Transports that take so long to come. */
  slow(ms: number): () => Promise<Transport> {
    return async () => {
      await new Promise<void>((resolve) => this.clock.setTimer(ms, resolve))
      return this.transport()
    }
  }

  /** Lets `ms` pass with everything that follows, once what the peers have said is on its way. */
  async run(ms = 0): Promise<void> {
    for (const [i, far] of this.far.entries()) {
      const said = this.peers[i]?.take() ?? []
      if (said.length > 0) far.write(said)
    }
    await this.clock.run(ms)
    // Waits that follow one another may have no time left: their timers are due at once.
    for (let wait = 0; wait < 3; wait++) await this.clock.run()
  }

  /** Runs until the promise is settled, without letting time pass. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const watched = watch(promise)
    await this.run()
    if (watched.state === 'pending') throw new Error('nothing more happens, and the promise is still pending')
    return promise
  }

  /** What every connection of this rig is made with. Its serial numbers wrap at 2^32 soon. */
  get base(): ConnectionOptions {
    return { transport: this.transport, clock: this.clock, idleTimeoutMs: 0, initialId: NEAR_WRAP }
  }

  connect(options: ConnectionOptions & WaitOptions = {}, url = URL): Promise<Connection> {
    return this.until(Connection.connect(url, { ...this.base, ...options }))
  }

  /** A sender with so much credit. What came by then is forgotten. */
  async sender(credit: number, options: SenderOptions = {}, connection?: Connection): Promise<MessageSender> {
    const on = connection ?? (await this.connect())
    const sender = await this.until(on.createSender('orders', { name: 'out', ...options }))
    if (credit > 0) this.peer.grant(this.peer.link(sender.name), credit)
    await this.run()
    this.peer.forget()
    return sender
  }

  /** A receiver. What came by then is forgotten. */
  async receiver(options: ReceiverOptions = {}, connection?: Connection): Promise<MessageReceiver> {
    const on = connection ?? (await this.connect())
    const receiver = await this.until(on.createReceiver('orders', { name: 'in', ...options }))
    await this.run()
    this.peer.forget()
    return receiver
  }

  /** The peer sends one message; answers its delivery-id. */
  deliver(link: PeerLink, body: MessageInput, settled = false): number {
    return this.peer.transfer(link, Message.from(body).encodeMessage(), { settled })
  }

  /** Texts of the messages that came since they were last asked for. */
  texts(): string[] {
    const transfers = this.peer.takeAll('transfer')
    this.lastDeliveryId = transfers.at(-1)?.deliveryId ?? this.lastDeliveryId
    return transfers.map((item) => Message.decodeMessage(item.payload).text())
  }

  /** The peer reads nothing more, until told otherwise. */
  stall(stalled = true): void {
    const far = this.far.at(-1)
    if (stalled) far?.pause()
    else far?.resume()
  }

  /** The peer ends the transport in good order, without a close. */
  hangUp(): void {
    this.far.at(-1)?.end()
  }

  /** Link-credit of the flows that came since they were last asked for, negative when drained. */
  flows(): number[] {
    return this.peer
      .takeAll('flow')
      .map(({ linkCredit = 0, drain }) => (drain === true ? -linkCredit : linkCredit))
  }

  /** The network breaks. */
  async drop(): Promise<void> {
    this.line.drop()
    await this.run()
  }
}
