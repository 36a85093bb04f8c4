// From the scheme of an address to a transport. The one file that knows which transports there are:
// a build for another platform replaces just this.

import type { Address } from './address.js'
import { connectTcp } from './tcp.js'
import { connectTls } from './tls.js'
import type { TlsOptions } from './tls-options.js'
import type { ConnectOptions, Transport } from './transport.js'

export interface TransportSettings {
  readonly tls?: TlsOptions | undefined
}

export function connectTransport(
  address: Address,
  settings: TransportSettings,
  options: ConnectOptions,
): Promise<Transport> {
  const { host, port, scheme } = address
  if (scheme === 'amqp') return connectTcp({ host, port }, options)
  if (scheme === 'amqps') return connectTls({ host, port, tls: settings.tls }, options)
  throw new TypeError(`${scheme}:// is not supported: use amqp:// or amqps://`)
}
