// The connecting end of plain TCP.

import { Attempt } from './attempt.js'
import type { HttpProxy } from './proxy-options.js'
import { SocketTransport } from './socket.js'
import { openStream } from './stream.js'
import type { ConnectOptions, ConnectTarget, Transport } from './transport.js'

export interface TcpTarget extends ConnectTarget {
  readonly proxy?: HttpProxy | undefined
}

/**
 * Connects without TLS.
 * Rejects with an AMQPConnectionError of phase `dns`, `tcp` or `proxy`, or with the reason of the signal.
 */
export async function connectTcp(target: TcpTarget, options: ConnectOptions = {}): Promise<Transport> {
  const attempt = Attempt.begin(target, options)
  const { host, port, proxy } = target
  return new SocketTransport(await openStream({ host, port, proxy }, attempt), attempt.description)
}
