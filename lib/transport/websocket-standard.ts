// The connecting end of AMQP over WebSocket by a class such as `globalThis.WebSocket`, which makes its
// connection itself and tells nothing of how that failed.

import { formatHostPort } from './address.js'
import { Attempt } from './attempt.js'
import type { ConnectOptions, ConnectTarget, Transport } from './transport.js'
import { protocolsFor, type WebSocketClass, type WebSocketLike } from './websocket-options.js'
import { WebSocketTransport } from './websocket-transport.js'

export interface StandardTarget extends ConnectTarget {
  readonly secure: boolean
  /** Path and query to ask for. */
  readonly resource: string
  readonly protocol?: string | undefined
  readonly implementation: WebSocketClass
}

/** Rejects with an AMQPConnectionError of phase `websocket`, or with the reason of the signal. */
export function connectStandardWebSocket(
  target: StandardTarget,
  options: ConnectOptions = {},
): Promise<Transport> {
  const { secure, resource } = target
  const protocols = protocolsFor(resource, target.protocol)
  const attempt = Attempt.begin(target, options)
  attempt.enter('websocket')
  return attempt.step<Transport>((done) => {
    const socket = create(target, protocols, attempt)
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', () => {
      if (done.done) return socket.close()
      if (protocols.includes(socket.protocol))
        return done.resolve(new WebSocketTransport(socket, attempt.description, secure))
      socket.close()
      done.reject(
        attempt.refused(
          `it did not choose the sub-protocol ${protocols.join(' or ')}; say another in webSocket.protocol`,
          false,
        ),
      )
    })
    const failed = (event: unknown): void =>
      done.reject(attempt.failure((event as { error?: unknown }).error))
    socket.addEventListener('error', failed)
    socket.addEventListener('close', failed)
    return () => socket.close()
  })
}

/** A platform that will not even begin, as browsers do with `ws://` in a secure page, says so by throwing. */
function create(target: StandardTarget, protocols: string[], attempt: Attempt): WebSocketLike {
  const { host, port, secure, resource, implementation: Implementation } = target
  try {
    return new Implementation(
      `${secure ? 'wss' : 'ws'}://${formatHostPort(host, port)}${resource}`,
      protocols,
    )
  } catch (error) {
    throw attempt.failure(error)
  }
}
