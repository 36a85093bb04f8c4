// One session of the null peer: links that swallow, links that flood, and the answers to what came in a chunk.
// A link is what its address says: `sink?credit=1000&renew=1&ack=1` or `source?size=1024&count=10000&settled=0`.

import type { Socket } from 'node:net'
import type { Fields } from './decode.js'
import {
  DISPOSITION_BYTES,
  FLOW_BYTES,
  flag,
  frame,
  nothing,
  putDisposition,
  putFlow,
  text,
  ubyte,
  uint,
  ushort,
  WIDE_WINDOW,
} from './encode.js'
import { Flood, type FloodSession } from './flood.js'

/** What came and went, all connections together. */
export interface Counters {
  /** Whole messages that came. */
  received: number
  /** Messages that clients have settled. */
  settled: number
}

interface Sink {
  readonly handle: number
  readonly credit: number
  /** So many used credits are renewed, once a chunk. */
  readonly renew: number
  readonly acks: boolean
  deliveryCount: number
  used: number
  touched: boolean
}

export class PeerSession implements FloodSession {
  readonly socket: Socket
  readonly channel: number
  windowEnd: number
  nextOutgoingId = 0
  nextDeliveryId = 0
  private nextIncomingId: number
  private readonly counters: Counters
  private readonly maxFrameSize: number
  private readonly sinks: (Sink | undefined)[] = []
  private readonly floods: (Flood | undefined)[] = []
  private touched: Sink[] = []
  private firstUnsettled = -1
  private lastUnsettled = -1

  constructor(socket: Socket, channel: number, begin: Fields, maxFrameSize: number, counters: Counters) {
    this.socket = socket
    this.channel = channel
    this.counters = counters
    this.maxFrameSize = maxFrameSize
    this.nextIncomingId = begin.number(1)
    this.windowEnd = begin.number(2)
    socket.write(
      frame(0, channel, 0x11, [ushort(channel), uint(0), uint(WIDE_WINDOW), uint(WIDE_WINDOW), uint(65_535)]),
    )
  }

  onAttach(attach: Fields): void {
    const handle = attach.number(1)
    const receives = !attach.flag(2)
    const place = new URL(receives ? attach.address(6) : attach.address(5), 'peer:/')
    const option = (name: string, fallback: number): number =>
      Number(place.searchParams.get(name) ?? fallback)
    const answer = [text(attach.text(0)), uint(handle), flag(receives), ubyte(attach.number(3, 2)), ubyte(0)]
    answer.push(attach.raw(5), attach.raw(6), nothing(), nothing(), receives ? nothing() : uint(0))
    this.socket.write(frame(0, this.channel, 0x12, answer))
    if (receives) {
      const credit = option('credit', 1000)
      const sink: Sink = {
        handle,
        credit,
        renew: option('renew', 1),
        acks: option('ack', 1) === 1,
        deliveryCount: attach.number(9),
        used: credit,
        touched: false,
      }
      this.sinks[handle] = sink
      this.touch(sink)
    } else {
      this.floods[handle] = new Flood(this, {
        handle,
        size: option('size', 1024),
        count: option('count', 0),
        settled: option('settled', 0) === 1,
        maxFrameSize: this.maxFrameSize,
      })
    }
  }

  onDetach(detach: Fields): void {
    const handle = detach.number(0)
    this.sinks[handle] = undefined
    this.floods[handle] = undefined
    this.socket.write(frame(0, this.channel, 0x16, [uint(handle), flag(true)]))
  }

  onFlow(flow: Fields): void {
    this.windowEnd = flow.number(0) + flow.number(1)
    const flood = this.floods[flow.number(4, -1)]
    if (flood === undefined) {
      this.pump()
      return
    }
    flood.grant(flow.number(5), flow.number(6))
    if (flow.flag(8)) this.giveBack(flow)
  }

  /** [2.6.7] A drained link has used up its credit. */
  private giveBack(flow: Fields): void {
    const count = flow.number(5) + flow.number(6)
    const fields = [
      this.nextIncomingId,
      WIDE_WINDOW,
      this.nextOutgoingId,
      WIDE_WINDOW,
      flow.number(4),
      count,
      0,
      0,
    ]
    this.floods[flow.number(4)]?.grant(count, 0)
    this.socket.write(frame(0, this.channel, 0x13, [...fields.map(uint), flag(true)]))
  }

  onDisposition(disposition: Fields): void {
    if (!disposition.flag(0)) return
    const first = disposition.number(1)
    this.counters.settled += ((disposition.number(2, first) - first) | 0) + 1
  }

  /** A frame of a transfer begins. */
  onTransferFrame(): void {
    this.nextIncomingId = (this.nextIncomingId + 1) >>> 0
  }

  /** The last byte of a message has come. */
  onMessage(handle: number, deliveryId: number, settled: boolean): void {
    const sink = this.sinks[handle]
    if (sink === undefined) return
    this.counters.received++
    sink.used++
    sink.deliveryCount++
    if (!sink.touched) this.touch(sink)
    if (settled || !sink.acks) return
    if (this.firstUnsettled === -1) this.firstUnsettled = deliveryId
    this.lastUnsettled = deliveryId
  }

  private touch(sink: Sink): void {
    sink.touched = true
    this.touched.push(sink)
  }

  /** All of a chunk was looked at: one range of outcomes, and a flow for each link that wants one, in one write. */
  answer(): void {
    const renewed = this.touched.filter((sink) => sink.used >= sink.renew)
    for (const sink of this.touched) sink.touched = false
    this.touched = []
    const settles = this.firstUnsettled !== -1
    if (renewed.length === 0 && !settles) return
    const bytes = Buffer.allocUnsafe((settles ? DISPOSITION_BYTES : 0) + renewed.length * FLOW_BYTES)
    let at = 0
    if (settles) {
      putDisposition(bytes, 0, this.channel, this.firstUnsettled, this.lastUnsettled)
      at = DISPOSITION_BYTES
      this.firstUnsettled = -1
    }
    for (const sink of renewed) {
      sink.used = 0
      putFlow(
        bytes,
        at,
        this.channel,
        this.nextIncomingId,
        sink.handle,
        sink.deliveryCount >>> 0,
        sink.credit,
      )
      at += FLOW_BYTES
    }
    this.socket.write(bytes)
  }

  /** The socket or the client takes more. */
  pump(): void {
    for (const flood of this.floods) flood?.pump()
  }
}
