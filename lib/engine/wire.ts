// What every endpoint of a connection writes through: the output buffer, the frame limit of the peer, the tracer,
// and the word upwards that something is waiting to leave.

import { AMQPError } from '../errors.js'
import type { Tracer } from '../trace/tracer.js'
import type { Composite, Input } from '../types/composite.js'
import { inspectComposite } from '../types/inspect.js'
import { Output } from './output.js'
import { PayloadArena } from './payload.js'

/** Before the peer's open is known, a frame may be no longer than this [2.4.1]. */
export const MIN_MAX_FRAME_SIZE = 512
/** A peer without a limit still gets frames that leave room for other links. */
const LARGEST_FRAME = 262144
/** So much output is written at once rather than at the end of the turn. */
const FULL_BYTES = 65536

export interface WireHost {
  /** Output is waiting: take it before this turn of the event loop is over. Said once until it is taken. */
  onOutput(): void
  /** So much is waiting that it is better taken now. */
  onOutputFull(): void
}

export class Wire {
  readonly output: Output = new Output()
  readonly arena: PayloadArena = new PayloadArena()
  readonly tracer: Tracer | undefined
  /** Host and port of the peer, for errors. */
  readonly peer: string | undefined
  /** Largest frame we may write, in bytes. */
  frameLimit: number = MIN_MAX_FRAME_SIZE
  /** The transport is behind: no new deliveries until it has caught up. */
  blocked = false
  private announced = false
  private readonly host: WireHost

  constructor(host: WireHost, tracer: Tracer | undefined, peer: string | undefined) {
    this.host = host
    this.tracer = tracer
    this.peer = peer
  }

  /** The peer's max-frame-size is known. */
  onMaxFrameSize(bytes: number): void {
    this.frameLimit = Math.min(bytes, LARGEST_FRAME)
  }

  /** Writes one performative. Throws, with nothing written, when it is over the peer's max-frame-size. */
  write<T extends { kind: string }>(channel: number, codec: Composite<T>, value: Input<T>, type = 0): void {
    const { output } = this
    const start = output.begin(type, channel)
    try {
      codec.encode(output.writer, value)
    } catch (error) {
      output.rollback(start)
      throw error
    }
    const size = output.writer.pos - start
    if (type === 0 && size > this.frameLimit) {
      output.rollback(start)
      throw new AMQPError(
        `A ${codec.name} of ${size} bytes is over the peer's max-frame-size of ${this.frameLimit}`,
        {
          code: 'AMQP_FRAME_SIZE_TOO_SMALL',
          condition: 'amqp:frame-size-too-small',
        },
      )
    }
    output.end(start)
    this.tracer?.frame?.('out', channel, () => inspectComposite({ ...value, kind: codec.name }))
    this.changed()
  }

  /** Something was added to the output. */
  changed(): void {
    if (!this.announced) {
      this.announced = true
      this.host.onOutput()
    }
    if (!this.blocked && this.output.size >= FULL_BYTES) this.host.onOutputFull()
  }

  take(): Uint8Array[] {
    this.announced = false
    return this.output.take()
  }
}
