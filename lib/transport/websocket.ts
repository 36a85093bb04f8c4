// The connecting end of AMQP over WebSocket (AMQP WebSocket Binding 1.0), by the package `ws`. TCP, proxy and
// TLS are ours, so that they fail with the same words and phases as without WebSocket; only the upgrade is
// left to `ws`.

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { AMQPConnectionError } from '../errors.js'
import { formatHostPort } from './address.js'
import { Attempt } from './attempt.js'
import { certificateName, keepAlive } from './socket.js'
import { openStream, type StreamTarget } from './stream.js'
import type { ConnectOptions, Transport } from './transport.js'
import { END_TIMEOUT_MS } from './transport.js'
import { protocolsFor, type WebSocketOptions } from './websocket-options.js'
import { WebSocketTransport } from './websocket-transport.js'

export interface WebSocketTarget extends StreamTarget {
  /** Path and query to ask for. */
  readonly resource: string
  readonly webSocket?: Pick<WebSocketOptions, 'protocol' | 'headers'> | undefined
}

/** Larger messages are refused: they are held in memory as a whole. */
const MAX_INCOMING_BYTES = 16_777_216

/** For both ends. Compression would cost more than it saves. */
export const WS_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: MAX_INCOMING_BYTES,
  closeTimeout: END_TIMEOUT_MS,
} as const

/**
 * Connects by WebSocket, with TLS if the target says so. Rejects with an AMQPConnectionError of phase `dns`,
 * `tcp`, `proxy`, `tls` or `websocket`, or with the reason of the signal. When the server refuses,
 * `info.httpStatus` holds its answer.
 */
export async function connectWebSocket(
  target: WebSocketTarget,
  options: ConnectOptions = {},
): Promise<Transport> {
  const attempt = Attempt.begin(target, options)
  const socket = await openStream(target, attempt)
  attempt.enter('websocket')
  try {
    return await attempt.step<Transport>((done) => {
      keepAlive(socket)
      const upgrading = new Upgrade(target, socket, attempt)
      upgrading.socket.on('open', () => done.resolve(upgrading.transport()))
      upgrading.onFailure = (error) => done.reject(error)
      return undefined
    })
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** The HTTP part, from the request to the WebSocket. */
class Upgrade {
  readonly socket: WebSocket
  onFailure: (error: AMQPConnectionError) => void
  private readonly target: WebSocketTarget
  private readonly stream: Socket
  private readonly attempt: Attempt
  private readonly protocols: string[]

  constructor(target: WebSocketTarget, stream: Socket, attempt: Attempt) {
    const { host, port, tls, resource, webSocket } = target
    this.target = target
    this.stream = stream
    this.attempt = attempt
    this.protocols = protocolsFor(resource, webSocket?.protocol)
    this.onFailure = () => {}
    const url = `${tls === undefined ? 'ws' : 'wss'}://${formatHostPort(host, port)}${resource}`
    const headers = { ...webSocket?.headers }
    this.socket = new WebSocket(url, this.protocols, {
      ...WS_OPTIONS,
      headers,
      createConnection: () => stream,
    })
    this.listen()
  }

  private listen(): void {
    const { socket, attempt, protocols } = this
    socket.on('upgrade', ({ headers }) => {
      const chosen = headers['sec-websocket-protocol']
      if (chosen !== undefined && protocols.includes(chosen)) return
      const did =
        chosen === undefined ? 'chose no sub-protocol' : `chose the sub-protocol ${JSON.stringify(chosen)}`
      this.onFailure(
        attempt.refused(
          `it ${did} where ${protocols.join(' or ')} was asked for; say another in webSocket.protocol`,
          false,
        ),
      )
      socket.terminate()
    })
    socket.on('unexpected-response', (_request, { statusCode = 0 }) => {
      this.onFailure(this.refusal(statusCode))
      socket.terminate()
    })
    socket.on('error', (error) => this.onFailure(attempt.failure(error)))
  }

  private refusal(status: number): AMQPConnectionError {
    const { resource } = this.target
    const shown = `HTTP ${status} ${STATUS_CODES[status] ?? ''}`.trim()
    const retryable = status >= 500 || status === 408 || status === 429
    const hint = retryable ? '' : '; check the path, and whether WebSocket is spoken there'
    return this.attempt.refused(`it refuses the WebSocket ${resource} (${shown})${hint}`, retryable, {
      httpStatus: status,
    })
  }

  transport(): Transport {
    const { target, stream, attempt } = this
    return new WebSocketTransport(
      this.socket,
      attempt.description,
      target.tls !== undefined,
      certificateName(stream),
    )
  }
}
