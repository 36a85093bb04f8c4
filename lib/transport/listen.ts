// The listening end, with TLS or without: every connection that comes up is handed over as a transport. Peers
// that fail before, in the TLS handshake for one, are dropped and harm nobody else.

import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { createServer as createTlsServer, type TlsOptions as TlsServerSettings } from 'node:tls'
import { formatHostPort } from './address.js'
import { listenFailure } from './failure.js'
import { SocketTransport } from './socket.js'
import { nodeCredentials, withCredentials } from './tls-context.js'
import type { TlsServerOptions } from './tls-options.js'
import type { Transport } from './transport.js'

export interface ListenOptions {
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string | undefined
  /** Default: 0, any port that is free. */
  readonly port?: number | undefined
  /** With this, TLS from the first byte. */
  readonly tls?: TlsServerOptions | undefined
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** Takes no more connections, and destroys those that are still open. */
  close(): Promise<void>
}

/** A client may take so long for its part of the TLS handshake. */
const HANDSHAKE_TIMEOUT_MS = 30_000

/**
 * Listens for connections. Rejects with an AMQPConnectionError when the address or the keys cannot be used.
 */
export function listen(
  options: ListenOptions,
  onConnection: (transport: Transport) => void,
): Promise<Listener> {
  return listenBy(options, (serverTls) => {
    const onSocket = (socket: Socket): void => onConnection(new SocketTransport(socket, remoteOf(socket)))
    return serverTls === undefined ? createServer(onSocket) : createTlsServer(serverTls, onSocket)
  })
}

/** Listens by a server that `create` makes; its argument is undefined when it is to speak no TLS. */
export function listenBy(
  options: ListenOptions,
  create: (serverTls: TlsServerSettings | undefined) => Server,
): Promise<Listener> {
  const { host = '127.0.0.1', port = 0, tls } = options
  const description = formatHostPort(host, port)
  return new Promise((resolve, reject) => {
    const server =
      tls === undefined ? create(undefined) : withCredentials(description, () => create(settingsOf(tls)))
    server.on('tlsClientError', (_error, socket: Socket) => {
      socket.destroy()
    })
    const sockets = trackSockets(server)
    server.on('error', (error) => reject(listenFailure(description, error)))
    server.listen(port, host, () => {
      const bound = server.address() as AddressInfo
      resolve({ host: bound.address, port: bound.port, close: () => closeServer(server, sockets) })
    })
  })
}

/** Where the other end is, for people to read. */
export function remoteOf(socket: Socket): string {
  return formatHostPort(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0)
}

function settingsOf(tls: TlsServerOptions): TlsServerSettings {
  return {
    ...nodeCredentials(tls),
    requestCert: tls.requestCert === true,
    rejectUnauthorized: tls.rejectUnauthorized !== false,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  }
}

/** The TCP sockets that are open, those still in their handshake included. */
function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  return sockets
}

function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of sockets) socket.destroy()
  })
}
