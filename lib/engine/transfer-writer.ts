// From a delivery to transfer frames [2.6.14, 2.7.5]. A message that fits one frame is encoded straight into the output;
// others are filled frame by frame from their payload. One reused performative serves every frame of a link.

import { encodeTransfer } from '../types/hot.js'
import { inspectComposite } from '../types/inspect.js'
import type { DeliveryState } from '../types/messaging.js'
import type { Transfer } from '../types/transport.js'
import { type OutgoingDelivery, QUEUED, WRITING, WRITTEN } from './delivery.js'
import type { OutgoingWindow } from './outgoing-window.js'
import { BY_REFERENCE_BYTES } from './output.js'
import type { Payload, PayloadSource } from './payload.js'
import type { Wire } from './wire.js'

/** Room kept in a frame for its head and a transfer performative without delivery state. */
const HEAD_BYTES = 96

/** Where frames go, and whose. */
export interface TransferHost {
  readonly wire: Wire
  readonly channel: number
  readonly outgoingWindow: OutgoingWindow
}

export class TransferWriter {
  localHandle = 0
  private readonly host: TransferHost
  private readonly tagBytes = new Uint8Array(4)
  private readonly tagView = new DataView(this.tagBytes.buffer)
  private nextTag = 0
  private readonly transfer: { -readonly [K in keyof Transfer]: Transfer[K] } = {
    kind: 'transfer',
    handle: 0,
    deliveryId: undefined,
    deliveryTag: undefined,
    messageFormat: undefined,
    settled: undefined,
    more: undefined,
    rcvSettleMode: undefined,
    state: undefined,
    resume: undefined,
    aborted: undefined,
    batchable: undefined,
  }

  constructor(host: TransferHost) {
    this.host = host
  }

  /**
   * Encodes a delivery and its payload into the output in one pass. False, with nothing written, when it needs
   * several frames; its payload is then set. `checkSize` may throw: nothing is written then either.
   */
  writeWhole(delivery: OutgoingDelivery, source: PayloadSource, checkSize: (bytes: number) => void): boolean {
    const { wire, channel } = this.host
    const { output } = wire
    const start = output.begin(0, channel)
    const w = output.writer
    try {
      this.describeFirst(delivery, false)
      encodeTransfer(w, this.transfer)
      const payloadStart = w.pos
      source.encodeTo(w)
      checkSize(w.pos - payloadStart)
      if (w.pos - start > wire.frameLimit) {
        delivery.payload = [w.bytes.slice(payloadStart, w.pos)]
        output.rollback(start)
        return false
      }
    } catch (error) {
      output.rollback(start)
      throw error
    }
    output.end(start)
    this.begun(delivery)
    this.frameWritten(w.pos - start)
    delivery.progress = WRITTEN
    return true
  }

  /** Writes the next frame of a delivery from its payload; afterwards it is WRITING or WRITTEN. */
  writeFrame(delivery: OutgoingDelivery, payload: Payload): void {
    const { wire, channel } = this.host
    const { output } = wire
    const left = remaining(delivery, payload)
    const room = Math.max(1, wire.frameLimit - HEAD_BYTES - stateRoom(delivery.state))
    const bytes = Math.min(left, room)
    const start = output.begin(0, channel)
    const first = delivery.progress === QUEUED
    if (first) this.describeFirst(delivery, bytes < left)
    else this.describeNext(bytes < left, false)
    encodeTransfer(output.writer, this.transfer)
    const head = output.writer.pos - start
    output.end(start, bytes)
    if (first) this.begun(delivery)
    this.appendPayload(delivery, payload, bytes)
    delivery.progress = bytes < left ? WRITING : WRITTEN
    this.frameWritten(head + bytes)
  }

  /** Gives up a half-written delivery: the receiver throws all of it away [2.7.5]. */
  abort(): void {
    const { output } = this.host.wire
    const start = output.begin(0, this.host.channel)
    this.describeNext(false, true)
    encodeTransfer(output.writer, this.transfer)
    output.end(start)
    this.frameWritten(output.writer.pos - start)
  }

  private appendPayload(delivery: OutgoingDelivery, payload: Payload, bytes: number): void {
    const { output } = this.host.wire
    let left = bytes
    while (left > 0) {
      const piece = payload[delivery.piece] as Uint8Array
      const take = Math.min(left, piece.length - delivery.offset)
      const part = piece.subarray(delivery.offset, delivery.offset + take)
      if (take >= BY_REFERENCE_BYTES) output.reference(part)
      else output.raw(part)
      left -= take
      delivery.offset += take
      if (delivery.offset === piece.length) {
        delivery.piece++
        delivery.offset = 0
      }
    }
  }

  private describeFirst(delivery: OutgoingDelivery, more: boolean): void {
    const t = this.transfer
    if (delivery.tag === undefined) this.tagView.setUint32(0, this.nextTag)
    t.handle = this.localHandle
    t.deliveryId = this.host.outgoingWindow.nextDeliveryId
    t.deliveryTag = delivery.tag ?? this.tagBytes
    t.messageFormat = delivery.messageFormat
    t.settled = delivery.settled ? true : undefined
    t.more = more ? true : undefined
    t.state = delivery.state
    t.aborted = undefined
  }

  private describeNext(more: boolean, aborted: boolean): void {
    const t = this.transfer
    t.handle = this.localHandle
    t.deliveryId = undefined
    t.deliveryTag = undefined
    t.messageFormat = undefined
    t.settled = undefined
    t.more = more ? true : undefined
    t.state = undefined
    t.aborted = aborted ? true : undefined
  }

  private begun(delivery: OutgoingDelivery): void {
    if (delivery.tag === undefined) this.nextTag = (this.nextTag + 1) >>> 0
    this.host.outgoingWindow.onDeliveryBegun(delivery)
  }

  /** The caller says `wire.changed` once its own books are right: the bytes may be handed over within that call. */
  private frameWritten(size: number): void {
    const { wire, channel, outgoingWindow } = this.host
    outgoingWindow.onTransferSent()
    wire.tracer?.frame?.('out', channel, () => `${inspectComposite(this.transfer)} ${size} bytes`)
  }
}

function remaining(delivery: OutgoingDelivery, payload: Payload): number {
  let sum = -delivery.offset
  for (let i = delivery.piece; i < payload.length; i++) sum += (payload[i] as Uint8Array).length
  return sum
}

/** A delivery state in a transfer is a transactional one: an id of at most 32 bytes and an outcome. */
function stateRoom(state: DeliveryState | undefined): number {
  return state === undefined ? 0 : 256
}
