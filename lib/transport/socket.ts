// A transport over a connected socket of Node, plain or TLS, for either end. The socket is read only while
// someone takes the bytes, and none of its errors goes unheard.

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { AMQPConnectionError } from '../errors.js'
import { lossFailure } from './failure.js'
import type { Transport } from './transport.js'
import { END_TIMEOUT_MS } from './transport.js'

/**
 * So many bytes may lie in the process before `write` tells the writer to wait, or more if the stream wants
 * more.
 */
const WRITE_AHEAD_BYTES = 65536

const KEEP_ALIVE_DELAY_MS = 60_000

export class SocketTransport implements Transport {
  readonly secure: boolean
  readonly description: string
  readonly peerName: string | undefined
  onDrain: (() => void) | undefined
  private readonly socket: Socket
  private readonly writeAheadBytes: number
  private bytesHandler: ((chunk: Uint8Array) => void) | undefined
  private closeHandler: ((error?: AMQPConnectionError) => void) | undefined
  private failure: AMQPConnectionError | undefined
  /** The end of the connection is wanted on this side. */
  private ending: boolean
  private paused: boolean
  private closed: boolean
  private closeTold: boolean
  private endTimer: NodeJS.Timeout | undefined

  constructor(socket: Socket, description: string) {
    this.socket = socket
    this.secure = socket instanceof TLSSocket
    this.description = description
    this.peerName = socket instanceof TLSSocket ? certificateName(socket) : undefined
    this.writeAheadBytes = Math.max(WRITE_AHEAD_BYTES, socket.writableHighWaterMark)
    this.bytesHandler = undefined
    this.closeHandler = undefined
    this.onDrain = undefined
    this.failure = undefined
    this.ending = false
    this.paused = false
    this.closed = false
    this.closeTold = false
    this.endTimer = undefined
    this.listen()
  }

  get bufferedBytes(): number {
    return this.socket.writableLength
  }

  get onBytes(): ((chunk: Uint8Array) => void) | undefined {
    return this.bytesHandler
  }

  set onBytes(handler: ((chunk: Uint8Array) => void) | undefined) {
    this.bytesHandler = handler
    this.updateFlow()
  }

  get onClose(): ((error?: AMQPConnectionError) => void) | undefined {
    return this.closeHandler
  }

  set onClose(handler: ((error?: AMQPConnectionError) => void) | undefined) {
    this.closeHandler = handler
    if (this.closed) process.nextTick(() => this.tellClose())
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.socket
    if (this.ending || socket.destroyed || !socket.writable) return false
    const only = chunks.length === 1 ? chunks[0] : undefined
    if (only !== undefined) {
      socket.write(only)
    } else {
      socket.cork()
      for (const chunk of chunks) socket.write(chunk)
      socket.uncork()
    }
    // The stream's own answer is given before the system had its chance to take the bytes, so it says no to
    // any large write. A drain event follows in every case in which this says no.
    return socket.writableLength < this.writeAheadBytes
  }

  end(): void {
    if (this.ending) return
    this.ending = true
    this.socket.end()
    this.destroySoon()
    this.updateFlow()
  }

  destroy(): void {
    this.ending = true
    this.socket.destroy()
  }

  pause(): void {
    this.paused = true
    this.updateFlow()
  }

  resume(): void {
    this.paused = false
    this.updateFlow()
  }

  private listen(): void {
    const socket = this.socket
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
    socket.pause()
    socket.on('data', (chunk: Buffer) => {
      // Views are cut from a plain Uint8Array much faster than from a Buffer.
      this.bytesHandler?.(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    })
    socket.on('drain', () => this.onDrain?.())
    socket.on('error', (error) => this.onError(error))
    // The peer will send no more. The socket ends its own side by itself, but could wait for ever to get rid
    // of what is still to be written.
    socket.on('end', () => this.destroySoon())
    socket.on('close', () => this.onClosed())
    // It may have failed on its way from one hand to the next.
    if (socket.errored) this.onError(socket.errored)
    if (socket.closed) this.onClosed()
  }

  /** Reads while there is someone to take it; once ended, reads on to see the end of the other side. */
  private updateFlow(): void {
    if (this.paused || (this.bytesHandler === undefined && !this.ending)) this.socket.pause()
    else this.socket.resume()
  }

  private destroySoon(): void {
    this.endTimer ??= setTimeout(() => this.socket.destroy(), END_TIMEOUT_MS)
  }

  private onError(error: Error): void {
    if (!this.ending) this.failure ??= lossFailure(this.description, error)
  }

  private onClosed(): void {
    clearTimeout(this.endTimer)
    this.closed = true
    this.tellClose()
  }

  private tellClose(): void {
    if (this.closeTold || this.closeHandler === undefined) return
    this.closeTold = true
    this.closeHandler(this.failure)
  }
}

/** Common name of the certificate that the other end has proved to hold, if it is one we trust. */
function certificateName(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined
  const name: unknown = socket.getPeerCertificate().subject?.CN
  return typeof name === 'string' ? name : undefined
}
