// What carries bytes: the one interface between the protocol and sockets, WebSockets or memory. A transport
// keeps the order of the bytes, and loses what is on its way only together with the whole connection.

import type { AMQPConnectionError } from '../errors.js'
import type { WaitOptions } from '../util/deferred.js'

export interface Transport {
  /**
   * Writes the chunks in order, at once. They must not be changed afterwards: a slow peer may have them read
   * much later. False means that the peer does not keep up: wait for `onDrain` before writing more. After
   * `end` or `destroy` nothing is written, and the answer is false.
   */
  write(chunks: readonly Uint8Array[]): boolean
  /** Bytes that were written but could not be handed on yet. */
  readonly bufferedBytes: number
  /**
   * Writes what is buffered, then says that no more will come. Destroys the connection if the peer does not
   * follow soon.
   */
  end(): void
  /** Ends the connection at once; what is buffered is lost. */
  destroy(): void
  /**
   * Takes what arrives. Nothing is read before it is set, so nothing is lost. The chunk belongs to the
   * handler.
   */
  onBytes?: ((chunk: Uint8Array) => void) | undefined
  /** Called when writing makes sense again after `write` said false; it may also be called at other times. */
  onDrain?: (() => void) | undefined
  /**
   * Called exactly once, whatever ended the connection: without an error after `end`, `destroy` or an orderly
   * end by the peer, otherwise with what went wrong. If it is set after that, it is called soon.
   */
  onClose?: ((error?: AMQPConnectionError) => void) | undefined
  /** True when nobody on the way can read along: TLS. */
  readonly secure: boolean
  /** Where the other end is, for people to read: `host:port`. */
  readonly description: string
  /** Common name in the certificate of the other end, if it showed one that is trusted here. */
  readonly peerName?: string | undefined
  /** Stops reading until `resume`; the peer then has to wait. */
  pause?(): void
  resume?(): void
}

/** Where to connect to. */
export interface ConnectTarget {
  /** Host name or IP address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/** Limits of one attempt to connect. Default for `timeoutMs`: 30 000. */
export type ConnectOptions = WaitOptions

/**
 * Makes one attempt to connect. Rejects with an AMQPConnectionError that says how far it came (`phase`), or
 * with the reason of the signal.
 */
export type Connect = (target: ConnectTarget, options?: ConnectOptions) => Promise<Transport>

/** An attempt to connect may take so long unless told otherwise. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 30_000

/** How long a connection that was ended may stay open until it is destroyed. */
export const END_TIMEOUT_MS = 5_000
