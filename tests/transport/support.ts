// Two ends of a true connection, and what a test wants to know of them.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net'
import type { AMQPConnectionError } from '../../lib/errors.js'
import { type Listener, type ListenOptions, listen } from '../../lib/transport/listen.js'
import type { Transport } from '../../lib/transport/transport.js'
import { concatBytes } from '../../lib/util/bytes.js'

/** A listener that hands out its connections in order. */
export class Server {
  readonly listener: Listener
  private readonly waiting: ((transport: Transport) => void)[]
  private readonly ready: Transport[]
  private constructor(listener: Listener, waiting: ((transport: Transport) => void)[], ready: Transport[]) {
    this.listener = listener
    this.waiting = waiting
    this.ready = ready
  }

  static async start(options: ListenOptions = {}, by: typeof listen = listen): Promise<Server> {
    const waiting: ((transport: Transport) => void)[] = []
    const ready: Transport[] = []
    const listener = await by(options, (transport) => {
      const taker = waiting.shift()
      if (taker === undefined) ready.push(transport)
      else taker(transport)
    })
    return new Server(listener, waiting, ready)
  }

  get connections(): number {
    return this.ready.length
  }

  accept(): Promise<Transport> {
    const transport = this.ready.shift()
    return transport === undefined
      ? new Promise((resolve) => this.waiting.push(resolve))
      : Promise.resolve(transport)
  }
}

/** Reads until there are so many bytes. */
export function read(transport: Transport, count: number): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let length = 0
    transport.onBytes = (chunk) => {
      chunks.push(chunk)
      length += chunk.length
      if (length >= count) resolve(concatBytes(chunks))
    }
  })
}

/** Waits for the end; resolves to the error it was told, or null without one. */
export function closed(transport: Transport): Promise<AMQPConnectionError | null> {
  return new Promise((resolve) => {
    transport.onClose = (error) => resolve(error ?? null)
  })
}

/** The error that an attempt to connect ends in. */
export async function failed(attempt: Promise<unknown>): Promise<AMQPConnectionError> {
  try {
    await attempt
  } catch (error) {
    return error as AMQPConnectionError
  }
  throw new Error('the connection was made')
}

/** Timers fire only by hand until released. */
export function holdTimers(): { timers: { fn: () => void; ms: number }[]; release(): void } {
  const realSet = globalThis.setTimeout
  const timers: { fn: () => void; ms: number }[] = []
  globalThis.setTimeout = ((fn: () => void, ms: number) => {
    timers.push({ fn, ms })
    return realSet(() => {}, 0)
  }) as typeof setTimeout
  return {
    timers,
    release: () => {
      globalThis.setTimeout = realSet
    },
  }
}

/** A plain server that does with its sockets what the test says. */
export async function rawServer(
  t: { teardown(fn: () => unknown): void },
  onSocket: (socket: Socket) => void,
): Promise<number> {
  const server: NetServer = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    t.teardown(() => socket.destroy())
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A port where a client begins to speak and gets no answer, and the socket on which one has begun. */
export async function silentPort(t: {
  teardown(fn: () => unknown): void
}): Promise<{ port: number; begun: Promise<Socket> }> {
  let begin: (socket: Socket) => void
  const begun = new Promise<Socket>((resolve) => {
    begin = resolve
  })
  const port = await rawServer(t, (socket) => socket.once('data', () => begin(socket)))
  return { port, begun }
}
