// A transport over an open WebSocket, for either end (AMQP WebSocket Binding 1.0). Messages have nothing to
// do with frames: bytes are cut and joined as it suits. Only binary messages carry AMQP.

import { AMQPConnectionError } from '../errors.js'
import { concatBytes } from '../util/bytes.js'
import { realClock } from '../util/clock.js'
import { lossFailure } from './failure.js'
import { FlowTransport, WRITE_AHEAD_BYTES } from './flow-transport.js'
import type { WebSocketLike } from './websocket-options.js'

/** Largest message that is sent, in bytes: servers take no less. */
const MAX_MESSAGE_BYTES = 65536
/** A WebSocket that does not say when it has sent something is asked so often while a writer waits. */
const POLL_MS = 20

/** `readyState` of a WebSocket that takes messages. */
const OPEN = 1

const NORMAL = 1000
const NO_STATUS = 1005
const UNSUPPORTED_DATA = 1003
/** Close codes that would come again: protocol, kind of data, text, policy, size, extension. */
const FINAL_CODES: readonly unknown[] = [1002, UNSUPPORTED_DATA, 1007, 1008, 1009, 1010]

export class WebSocketTransport extends FlowTransport {
  private readonly socket: WebSocketLike
  /** What came while nobody wanted it. */
  private inbox: Uint8Array[]
  private drainOwed: boolean
  /** The WebSocket is closed; that is told when the inbox is empty. */
  private over: boolean

  constructor(socket: WebSocketLike, description: string, secure: boolean, peerName?: string) {
    super(description, secure, peerName)
    this.socket = socket
    this.inbox = []
    this.drainOwed = false
    this.over = false
    socket.addEventListener('message', (event) => this.onMessage((event as { data?: unknown }).data))
    socket.addEventListener('error', (event) => this.onError((event as { error?: unknown }).error))
    socket.addEventListener('close', (event) => this.onEnd(event as CloseLike))
    socket.pause?.()
  }

  get bufferedBytes(): number {
    return this.socket.bufferedAmount
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const { socket } = this
    if (this.ending || socket.readyState !== OPEN) return false
    for (const message of packMessages(chunks, MAX_MESSAGE_BYTES)) socket.send(message, this.onSent)
    if (socket.bufferedAmount < WRITE_AHEAD_BYTES) return true
    if (!this.drainOwed && this.standard) this.poll()
    this.drainOwed = true
    return false
  }

  /** It has what the standard knows of a WebSocket, and nothing more. */
  private get standard(): boolean {
    return this.socket.terminate === undefined
  }

  private readonly onSent = (error?: unknown): void => {
    if (!this.drainOwed || error || this.socket.bufferedAmount >= WRITE_AHEAD_BYTES) return
    this.drainOwed = false
    this.onDrain?.()
  }

  /** The standard has no word for `sent`. */
  private poll(): void {
    realClock.setTimer(POLL_MS, () => {
      this.onSent()
      if (this.drainOwed && !this.over) this.poll()
    })
  }

  protected sayEnd(): void {
    this.socket.close(NORMAL)
  }

  protected breakOff(): void {
    const { socket } = this
    if (socket.terminate !== undefined) return socket.terminate()
    // The standard knows no other way than to ask the peer, whose answer may never come.
    socket.close()
    queueMicrotask(() => this.onEnd({ code: NORMAL }))
  }

  protected updateFlow(): void {
    const { socket, reading } = this
    if (!reading) socket.pause?.()
    else if (this.inbox.length > 0 || this.over) queueMicrotask(() => this.deliver())
    else socket.resume?.()
  }

  private deliver(): void {
    while (this.reading && this.inbox.length > 0) this.bytesHandler?.(this.inbox.shift() as Uint8Array)
    if (this.inbox.length > 0) return
    if (this.over) this.onClosed()
    else this.updateFlow()
  }

  private onMessage(data: unknown): void {
    if (this.failure !== undefined) return
    if (typeof data === 'string') return this.refuseText()
    const bytes = bytesOf(data)
    if (bytes.length === 0) return
    if (this.inbox.length === 0 && this.reading) this.bytesHandler?.(bytes)
    else this.inbox.push(bytes)
  }

  private refuseText(): void {
    if (this.ending) return
    this.failure ??= this.lost('it sent a text message, which AMQP knows nothing of', false)
    this.ending = true
    // The standard throws at a client that gives any code but 1000 and those of applications.
    if (this.standard) this.socket.close()
    else this.socket.close(UNSUPPORTED_DATA, 'AMQP is binary')
    this.breakOffSoon()
    this.updateFlow()
    // That the peer closes its side, too, is not waited for.
    if (this.inbox.length === 0) queueMicrotask(() => this.tellClose())
  }

  private onError(error: unknown): void {
    if (!this.ending) this.failure ??= lossFailure(this.description, error)
  }

  private onEnd({ code, reason }: CloseLike): void {
    if (this.over) return
    this.over = true
    if (!this.ending && code !== NORMAL && code !== NO_STATUS) {
      const words = reason ? ` ${JSON.stringify(reason)}` : ''
      const how =
        code === 1006 ? 'it broke off the WebSocket' : `it closed the WebSocket with ${code}${words}`
      this.failure ??= this.lost(how, !FINAL_CODES.includes(code))
    }
    if (this.ending || this.inbox.length === 0) this.onClosed()
  }

  private lost(how: string, retryable: boolean): AMQPConnectionError {
    const { description } = this
    return new AMQPConnectionError(`lost the connection to ${description}: ${how}`, {
      phase: 'established',
      retryable,
      context: { operation: 'talking to the peer', host: description },
    })
  }
}

interface CloseLike {
  readonly code?: unknown
  readonly reason?: unknown
}

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return new Uint8Array(data as ArrayBuffer)
}

/** The bytes of the chunks, in messages of no more than `limit` bytes; what is large is not copied. */
export function packMessages(chunks: readonly Uint8Array[], limit: number): Uint8Array[] {
  const messages: Uint8Array[] = []
  let parts: Uint8Array[] = []
  let size = 0
  const flush = (): void => {
    if (size > 0) messages.push(parts.length === 1 ? (parts[0] as Uint8Array) : concatBytes(parts))
    parts = []
    size = 0
  }
  for (const chunk of chunks) {
    if (size + chunk.length > limit) flush()
    let start = 0
    for (; chunk.length - start > limit; start += limit) messages.push(chunk.subarray(start, start + limit))
    parts.push(chunk.subarray(start))
    size += chunk.length - start
  }
  flush()
  return messages
}
