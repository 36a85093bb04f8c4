// The listening end of AMQP over WebSocket, with TLS or without: every connection that comes up is handed
// over as a transport. Whoever asks for anything else gets an HTTP error and harms nobody.

import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import { type Listener, type ListenOptions, listenBy, remoteOf } from './listen.js'
import { certificateName, keepAlive } from './socket.js'
import type { Transport } from './transport.js'
import { WS_OPTIONS } from './websocket.js'
import { PROTOCOLS } from './websocket-options.js'
import { WebSocketTransport } from './websocket-transport.js'

export interface WebSocketListenOptions extends ListenOptions {
  /** Serve this path only. Default: any. */
  readonly path?: string | undefined
  /** Sub-protocols that are spoken, the best first. Default: `amqp` and `AMQPWSB10`. */
  readonly protocols?: readonly string[] | undefined
}

const BAD_REQUEST = 400
const NOT_FOUND = 404
const UPGRADE_REQUIRED = 426

/**
 * Listens for WebSockets. Rejects with an AMQPConnectionError when the address or the keys cannot be used.
 */
export function listenWebSocket(
  options: WebSocketListenOptions,
  onConnection: (transport: Transport) => void,
): Promise<Listener> {
  const { path, protocols = PROTOCOLS, tls } = options
  const upgrader = new WebSocketServer({
    ...WS_OPTIONS,
    noServer: true,
    clientTracking: false,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  })
  return listenBy(options, (serverTls) => {
    const server =
      serverTls === undefined ? createServer(wantUpgrade) : createTlsServer(serverTls, wantUpgrade)
    server.on('upgrade', (request: IncomingMessage, socket: Socket, early: Buffer) => {
      socket.on('error', () => socket.destroy())
      if (path !== undefined && request.url?.split('?', 1)[0] !== path) return refuse(socket, NOT_FOUND)
      if (!offers(request, protocols)) return refuse(socket, BAD_REQUEST)
      keepAlive(socket)
      const remote = remoteOf(socket)
      upgrader.handleUpgrade(request, socket, early, (webSocket) => {
        onConnection(new WebSocketTransport(webSocket, remote, tls !== undefined, certificateName(socket)))
      })
    })
    return server
  })
}

function offers(request: IncomingMessage, protocols: readonly string[]): boolean {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  return protocols.some((protocol) => offered.includes(protocol))
}

function refuse(socket: Socket, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function wantUpgrade(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(UPGRADE_REQUIRED, { Upgrade: 'websocket', Connection: 'Upgrade, close' })
  response.end()
}
