// What the scripted peer knows of the sessions and links it shares with the engine, and its judgement: whatever
// the engine writes must obey the specification, in every story, whether or not the story is about that rule.

import type { Attach, Begin, Disposition, Flow, Transfer } from '../../lib/types/transport.js'
import { serialAdd, serialDiff } from '../../lib/util/serial.js'

/** Fails the test that is running. */
export function judge(ok: boolean, complaint: string): asserts ok {
  if (!ok) throw new Error(`the engine broke a rule: ${complaint}`)
}

/** One end of a link, seen from the peer. */
export class PeerLink {
  readonly session: PeerSession
  readonly name: string
  /** The peer is the receiver. */
  readonly isReceiver: boolean
  /** Handle in the peer's frames. */
  readonly handle: number
  /** Handle in the engine's frames; undefined until its attach came. */
  remoteHandle: number | undefined = undefined
  attach: Attach | undefined = undefined
  attachSent = false
  detachSent = false
  /** As sender: its own; as receiver: the last known one of the engine. */
  deliveryCount: number
  /** Most that `deliveryCount` was ever allowed to become: credit is absolute. */
  limit: number
  /** A delivery of which frames are still to come, in either direction. */
  open: { id: number; settled: boolean } | undefined = undefined

  constructor(
    session: PeerSession,
    name: string,
    isReceiver: boolean,
    handle: number,
    deliveryCount: number,
  ) {
    this.session = session
    this.name = name
    this.isReceiver = isReceiver
    this.handle = handle
    this.deliveryCount = deliveryCount
    this.limit = deliveryCount
  }

  onAttach(attach: Attach): void {
    judge(attach.role === !this.isReceiver, `attach "${this.name}" came with the wrong role [2.6.3]`)
    this.attach = attach
    this.remoteHandle = attach.handle
    if (attach.role) return
    judge(
      attach.initialDeliveryCount !== undefined,
      'a sender attached without initial-delivery-count [2.7.3]',
    )
    this.deliveryCount = attach.initialDeliveryCount
    this.limit = attach.initialDeliveryCount
  }

  /** The peer grants credit from where its view of the delivery-count stands. */
  granted(deliveryCount: number, linkCredit: number): void {
    const limit = serialAdd(deliveryCount, linkCredit)
    if (serialDiff(limit, this.limit) > 0) this.limit = limit
  }

  onFlow(flow: Flow): void {
    judge(flow.linkCredit !== undefined, 'a flow of a link came without link-credit [2.7.4]')
    if (!this.isReceiver) return
    const { deliveryCount } = flow
    judge(deliveryCount !== undefined, 'a sender sent a flow without delivery-count [2.7.4]')
    const advance = serialDiff(deliveryCount, this.deliveryCount)
    judge(advance >= 0, 'a sender took its delivery-count back [2.6.7]')
    judge(serialDiff(deliveryCount, this.limit) <= 0, 'a sender advanced beyond its credit [2.6.7]')
    this.deliveryCount = deliveryCount
  }

  onTransfer(t: Transfer): void {
    judge(this.isReceiver, 'a transfer came from a receiver [2.7.5]')
    if (this.open === undefined) this.onFirst(t)
    else this.onNext(this.open, t)
    if (t.more !== true || t.aborted === true) this.open = undefined
  }

  private onFirst(t: Transfer): void {
    const { deliveryId, deliveryTag } = t
    judge(deliveryId !== undefined, 'the first transfer of a delivery has no delivery-id [2.7.5]')
    judge(deliveryTag !== undefined, 'the first transfer of a delivery has no delivery-tag [2.7.5]')
    judge(deliveryTag.length <= 32, 'a delivery-tag has more than 32 bytes [2.8.7]')
    judge(t.messageFormat !== undefined, 'the first transfer of a delivery has no message-format [2.7.5]')
    this.deliveryCount = serialAdd(this.deliveryCount, 1)
    judge(serialDiff(this.deliveryCount, this.limit) <= 0, 'a transfer came without link-credit [2.6.7]')
    this.session.onDeliveryId(deliveryId)
    const mode = this.attach?.sndSettleMode
    if (mode === 0) judge(t.settled !== true, 'a settled transfer came on an unsettled link [2.8.2]')
    if (mode === 1) judge(t.settled === true, 'an unsettled transfer came on a settled link [2.8.2]')
    this.open = { id: deliveryId, settled: t.settled === true }
  }

  private onNext(open: { id: number }, t: Transfer): void {
    const { deliveryId } = t
    judge(
      deliveryId === undefined || deliveryId === open.id,
      'deliveries of one link are interleaved [2.6.14]',
    )
  }
}

/** A session, seen from the peer. */
export class PeerSession {
  /** Channel of the peer's frames. */
  readonly channel: number
  /** Channel of the engine's frames; undefined until its begin came. */
  remoteChannel: number | undefined = undefined
  begin: Begin | undefined = undefined
  beginSent = false
  endSent = false
  endReceived = false
  readonly initialId: number
  nextOutgoingId: number
  nextDeliveryId: number
  nextIncomingId: number | undefined = undefined
  /** Transfer frames that the engine may still send. */
  incomingWindow = 0
  /** Delivery-id of the engine's next delivery. */
  private expectedDeliveryId: number | undefined = undefined
  readonly links: PeerLink[] = []

  constructor(channel: number, initialId: number) {
    this.channel = channel
    this.initialId = initialId
    this.nextOutgoingId = initialId
    this.nextDeliveryId = initialId
  }

  onBegin(begin: Begin, channel: number): void {
    this.begin = begin
    this.remoteChannel = channel
    this.nextIncomingId = begin.nextOutgoingId
  }

  onDeliveryId(id: number): void {
    const expected = this.expectedDeliveryId ?? id
    judge(id === expected, `delivery-id ${id} came where ${expected} was due [2.7.5]`)
    this.expectedDeliveryId = serialAdd(id, 1)
  }

  onTransfer(): void {
    judge(this.incomingWindow > 0, 'a transfer came beyond the incoming-window [2.5.6]')
    this.incomingWindow--
    this.nextIncomingId = serialAdd(this.nextIncomingId ?? 0, 1)
  }

  onFlow(flow: Flow): void {
    judge(
      flow.nextOutgoingId === this.nextIncomingId,
      'next-outgoing-id does not count the transfers sent [2.5.6]',
    )
    const { nextIncomingId } = flow
    if (!this.beginSent)
      return judge(nextIncomingId === undefined, 'a flow counts transfers before begin [2.7.4]')
    judge(nextIncomingId !== undefined, 'a flow lacks next-incoming-id after begin [2.7.4]')
    const ahead = serialDiff(nextIncomingId, this.nextOutgoingId)
    judge(ahead <= 0, 'next-incoming-id counts transfers that were never sent [2.5.6]')
  }

  onDisposition(d: Disposition): void {
    const { role, first, last = first } = d
    judge(serialDiff(last, first) >= 0, 'a disposition ends before it begins [2.7.6]')
    if (role)
      judge(serialDiff(last, this.nextDeliveryId) < 0, 'a disposition names deliveries never sent [2.7.6]')
    else
      judge(
        serialDiff(last, this.expectedDeliveryId ?? 0) < 0,
        'the engine settles what it never sent [2.7.6]',
      )
  }

  linkOf(remoteHandle: number | undefined): PeerLink {
    const link = this.links.find((candidate) => candidate.remoteHandle === remoteHandle)
    judge(link !== undefined, `a frame came for handle ${remoteHandle}, which is not attached [2.6.2]`)
    return link
  }

  freeHandle(): number {
    // Far from the engine's, so that nobody mistakes one for the other.
    for (let handle = 40; ; handle++) if (!this.links.some((link) => link.handle === handle)) return handle
  }
}
