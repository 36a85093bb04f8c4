// What we say of ourselves in open [2.7.1].

import type { Fields, Open } from '../types/transport.js'

export interface OpenOptions {
  readonly containerId: string
  readonly hostname?: string | undefined
  /** Largest frame we take, in bytes. */
  readonly maxFrameSize: number
  readonly channelMax: number
  /** After so long without a frame from the peer we give it up; half of it is announced. 0: never. */
  readonly idleTimeoutMs: number
  readonly offeredCapabilities?: readonly string[] | undefined
  readonly desiredCapabilities?: readonly string[] | undefined
  readonly properties?: Fields | undefined
  /** For sessions that the peer begins: see SessionOptions. */
  readonly initialId?: number | undefined
}

export function openOf(options: OpenOptions): Omit<Open, 'kind'> {
  const { idleTimeoutMs } = options
  return {
    containerId: options.containerId,
    hostname: options.hostname,
    maxFrameSize: options.maxFrameSize,
    channelMax: options.channelMax,
    idleTimeOut: idleTimeoutMs > 0 ? Math.max(1, Math.floor(idleTimeoutMs / 2)) : undefined,
    offeredCapabilities: options.offeredCapabilities,
    desiredCapabilities: options.desiredCapabilities,
    properties: options.properties,
  }
}
