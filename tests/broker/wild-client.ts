// A client that keeps to no rule: frames made by hand over a transport in memory, of whatever types.

import type { EmbeddedBroker } from '../../lib/broker/index.js'
import type { Transport } from '../../lib/transport/transport.js'
import type { AMQPInput } from '../../lib/types/wrappers.js'
import type { FakeClock } from '../support/fake-clock.js'
import { AMQP_HEADER, frameBytes, listBytes } from '../support/peer-wire.js'

export type Fields = readonly (AMQPInput | undefined)[]

export const ATTACH = 0x12
export const FLOW = 0x13
const OPEN = 0x10
const BEGIN = 0x11
/** Of all frames that are made field by field. */
const CHANNEL = 0

/** Is answered by who the broker is. */
export const OPEN_FRAME: Uint8Array = frameBytes(CHANNEL, listBytes(OPEN, ['wild']))

export class WildClient {
  /** Bytes that the broker has written. */
  written = 0
  /** The broker has not shut the line. */
  open = true
  private readonly transport: Transport
  private readonly clock: FakeClock

  constructor(broker: EmbeddedBroker, clock: FakeClock, maxFrameSize = 65_536) {
    this.clock = clock
    this.transport = broker.connect()
    this.transport.onBytes = (chunk) => {
      this.written += chunk.length
    }
    this.transport.onClose = () => {
      this.open = false
    }
    this.write([AMQP_HEADER])
    this.perform(OPEN, ['wild', undefined, maxFrameSize, undefined, 0])
  }

  begin(): this {
    this.perform(BEGIN, [undefined, 0, 2_048, 2_048])
    return this
  }

  write(pieces: readonly Uint8Array[]): void {
    this.transport.write(pieces)
    this.clock.runDeferred()
  }

  perform(code: number, fields: Fields): void {
    this.write([frameBytes(CHANNEL, listBytes(code, fields))])
  }

  drop(): void {
    this.transport.destroy()
    this.clock.runDeferred()
  }
}
