// The connecting end of plain TCP.

import { formatHostPort } from './address.js'
import { dial } from './dial.js'
import { SocketTransport } from './socket.js'
import type { ConnectOptions, ConnectTarget, Transport } from './transport.js'

/**
 * Connects without TLS.
 * Rejects with an AMQPConnectionError of phase `dns` or `tcp`, or with the reason of the signal.
 */
export async function connectTcp(target: ConnectTarget, options: ConnectOptions = {}): Promise<Transport> {
  const socket = await dial(target, options)
  return new SocketTransport(socket, formatHostPort(target.host, target.port))
}
