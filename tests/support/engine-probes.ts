// Owners of what the engine makes, for tests: each remembers what it was told, and finds fault when it is told twice
// what may be told once.

import type { IncomingDelivery } from '../../lib/engine/delivery.js'
import { OutgoingDelivery } from '../../lib/engine/delivery.js'
import type { PayloadSource } from '../../lib/engine/payload.js'
import type { ReceiverLink, ReceiverLinkListener } from '../../lib/engine/receiver-link.js'
import type { SenderLink, SenderLinkListener } from '../../lib/engine/sender-link.js'
import type { Session, SessionListener } from '../../lib/engine/session.js'
import type { AMQPError } from '../../lib/errors.js'
import type { Writer } from '../../lib/types/cursor.js'
import type { DeliveryState } from '../../lib/types/messaging.js'
import type { Attach, Begin } from '../../lib/types/transport.js'

/** Bytes that differ from place to place, so that lost, doubled or moved ones are seen. */
export function pattern(length: number, salt = 0): Uint8Array {
  return Uint8Array.from({ length }, (_zero, i) => (i * 7 + (i >>> 8) * 13 + salt) & 255)
}

/** A message of these bytes. */
export function sourceOf(bytes: Uint8Array): PayloadSource {
  return { sizeHint: bytes.length, encodeTo: (w: Writer) => w.raw(bytes) }
}

/** A message whose body may travel by reference. */
export function bulkSourceOf(...bodies: readonly Uint8Array[]): PayloadSource {
  return {
    sizeHint: bodies.reduce((sum, body) => sum + body.length, 0),
    encodeTo: (w) => {
      for (const body of bodies) w.bulk(body)
    },
  }
}

abstract class Ending {
  ended = false
  reason: AMQPError | undefined = undefined

  onEnd(reason: AMQPError | undefined): void {
    if (this.ended) throw new Error('an end was told twice')
    this.ended = true
    this.reason = reason
  }

  get condition(): string | undefined {
    return this.reason?.condition
  }
}

/** An outgoing delivery that remembers its fate. */
export class SentDelivery extends OutgoingDelivery {
  fate: 'pending' | 'settled' | 'lost' = 'pending'
  outcome: DeliveryState | undefined = undefined
  lostBecause: AMQPError | undefined = undefined
  inDoubt: boolean | undefined = undefined
  /** Called when the fate is known. */
  onFate: (() => void) | undefined = undefined
  /** What it answers with in place of the peer's outcome. */
  answer: DeliveryState | undefined = undefined

  override answerTo(outcome: DeliveryState): DeliveryState {
    return this.answer ?? outcome
  }

  private decide(fate: 'settled' | 'lost'): void {
    if (this.fate !== 'pending')
      throw new Error(`a delivery that was ${this.fate} was told that it is ${fate}`)
    this.fate = fate
    this.onFate?.()
  }

  override onSettled(state: DeliveryState | undefined): void {
    this.outcome = state
    this.decide('settled')
  }

  override onLost(reason: AMQPError, inDoubt: boolean): void {
    this.lostBecause = reason
    this.inDoubt = inDoubt
    this.decide('lost')
  }
}

export class SenderProbe extends Ending implements SenderLinkListener {
  link!: SenderLink
  attach: Attach | undefined = undefined
  credits = 0

  onAttach(attach: Attach): void {
    if (this.attach !== undefined) throw new Error('an attach was told twice')
    this.attach = attach
  }

  onCredit(): void {
    this.credits++
  }

  /** Sends bytes, or a pattern of that many bytes. */
  send(payload: Uint8Array | number, settled = false, tag?: Uint8Array): SentDelivery {
    const delivery = new SentDelivery(settled, tag)
    this.link.send(delivery, sourceOf(typeof payload === 'number' ? pattern(payload) : payload))
    return delivery
  }
}

export class ReceiverProbe extends Ending implements ReceiverLinkListener {
  link!: ReceiverLink
  attach: Attach | undefined = undefined
  deliveries: IncomingDelivery[] = []
  drained = 0

  onAttach(attach: Attach): void {
    if (this.attach !== undefined) throw new Error('an attach was told twice')
    this.attach = attach
  }

  onDelivery(delivery: IncomingDelivery): void {
    this.deliveries.push(delivery)
  }

  onDrained(): void {
    this.drained++
  }

  get payloads(): Uint8Array[] {
    return this.deliveries.map((delivery) => delivery.payload)
  }
}

export class SessionProbe extends Ending implements SessionListener {
  session!: Session
  begin: Begin | undefined = undefined
  /** Links that the peer attached. */
  links: { link: SenderLink | ReceiverLink; attach: Attach }[] = []

  onBegin(begin: Begin): void {
    this.begin = begin
  }

  onLink(link: SenderLink | ReceiverLink, attach: Attach): void {
    this.links.push({ link, attach })
  }
}
