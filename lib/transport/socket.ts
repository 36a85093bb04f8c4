// A transport over a connected socket of Node, plain or TLS, for either end. The socket is read only while
// someone takes the bytes, and none of its errors goes unheard.

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { lossFailure } from './failure.js'
import { FlowTransport, WRITE_AHEAD_BYTES } from './flow-transport.js'

const KEEP_ALIVE_DELAY_MS = 60_000

export class SocketTransport extends FlowTransport {
  private readonly socket: Socket
  private readonly writeAheadBytes: number

  constructor(socket: Socket, description: string) {
    super(description, socket instanceof TLSSocket, certificateName(socket))
    this.socket = socket
    this.writeAheadBytes = Math.max(WRITE_AHEAD_BYTES, socket.writableHighWaterMark)
    this.listen()
  }

  get bufferedBytes(): number {
    return this.socket.writableLength
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

  protected sayEnd(): void {
    this.socket.end()
  }

  protected breakOff(): void {
    this.socket.destroy()
  }

  protected updateFlow(): void {
    if (this.reading) this.socket.resume()
    else this.socket.pause()
  }

  private listen(): void {
    const socket = this.socket
    socket.setNoDelay(true)
    keepAlive(socket)
    socket.pause()
    socket.on('data', (chunk: Buffer) => {
      // Views are cut from a plain Uint8Array much faster than from a Buffer.
      this.bytesHandler?.(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    })
    socket.on('drain', () => this.onDrain?.())
    socket.on('error', (error) => this.onError(error))
    // The peer will send no more. The socket ends its own side by itself, but could wait for ever to get rid
    // of what is still to be written.
    socket.on('end', () => this.breakOffSoon())
    socket.on('close', () => this.onClosed())
    // It may have failed on its way from one hand to the next.
    if (socket.errored) this.onError(socket.errored)
    if (socket.closed) this.onClosed()
  }

  private onError(error: Error): void {
    if (!this.ending) this.failure ??= lossFailure(this.description, error)
  }
}

/** Has the system find out when the other end is gone without a word. */
export function keepAlive(socket: Socket): void {
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
}

/** Common name of the certificate that the other end has proved to hold, if it is one we trust. */
export function certificateName(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const name: unknown = socket.getPeerCertificate().subject?.CN
  return typeof name === 'string' ? name : undefined
}
