// The connecting end of AMQP over WebSocket by a class such as `globalThis.WebSocket`, which makes its
// connection itself and tells nothing of how that failed.

import { formatHostPort } from './address.js'
import { Attempt } from './attempt.js'
import type { ConnectOptions, ConnectTarget, Transport } from './transport.js'
import { DEFAULT_PROTOCOL, type WebSocketClass } from './websocket-options.js'
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
  const { host, port, secure, resource, protocol = DEFAULT_PROTOCOL, implementation: Implementation } = target
  const attempt = Attempt.begin(target, options)
  attempt.enter('websocket')
  return attempt.step<Transport>((done) => {
    const url = `${secure ? 'wss' : 'ws'}://${formatHostPort(host, port)}${resource}`
    const socket = new Implementation(url, [protocol])
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', () => {
      if (done.done) return socket.close()
      if (socket.protocol === protocol)
        return done.resolve(new WebSocketTransport(socket, attempt.description, secure))
      socket.close()
      done.reject(
        attempt.refused(
          `it did not choose the sub-protocol ${protocol}; say another in webSocket.protocol`,
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
