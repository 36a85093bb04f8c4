// The connecting end of TLS from the first byte [5.2.1].

import { Attempt } from './attempt.js'
import { SocketTransport } from './socket.js'
import { openStream, type StreamTarget } from './stream.js'
import type { ConnectOptions, Transport } from './transport.js'

export type { TlsOptions } from './tls-options.js'

/**
 * Connects with TLS. Rejects with an AMQPConnectionError of phase `dns`, `tcp`, `proxy` or `tls`, or with the
 * reason of the signal.
 */
export async function connectTls(target: StreamTarget, options: ConnectOptions = {}): Promise<Transport> {
  const attempt = Attempt.begin(target, options)
  const { host, port, tls = {}, proxy } = target
  return new SocketTransport(await openStream({ host, port, tls, proxy }, attempt), attempt.description)
}
