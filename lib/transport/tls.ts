// The connecting end of TLS from the first byte [5.2.1]. The certificate of the other end is verified unless
// that is switched off in words; no environment variable has a say in it.

import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import type { SecureContext, TLSSocket } from 'node:tls'
import { connect, createSecureContext } from 'node:tls'
import { realClock } from '../util/clock.js'
import { waitFor } from '../util/deferred.js'
import { formatHostPort } from './address.js'
import { connectTimeout, dial } from './dial.js'
import { connectFailure } from './failure.js'
import { SocketTransport } from './socket.js'
import { nodeCredentials, withCredentials } from './tls-context.js'
import type { TlsOptions } from './tls-options.js'
import type { ConnectOptions, ConnectTarget, Transport } from './transport.js'
import { DEFAULT_CONNECT_TIMEOUT_MS } from './transport.js'

export type { TlsOptions } from './tls-options.js'

export interface TlsTarget extends ConnectTarget {
  readonly tls?: TlsOptions | undefined
}

/**
 * Connects with TLS.
 * Rejects with an AMQPConnectionError of phase `dns`, `tcp` or `tls`, or with the reason of the signal.
 */
export async function connectTls(target: TlsTarget, options: ConnectOptions = {}): Promise<Transport> {
  const { host, port, tls = {} } = target
  const { signal, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options
  const description = formatHostPort(host, port)
  const context = withCredentials(description, () => createSecureContext(nodeCredentials(tls)))
  const startedMs = realClock.now()
  const socket = await dial(target, { signal, timeoutMs })
  try {
    const secured = await waitFor<TLSSocket>(
      (done) => {
        const secured = startTls(socket, host, tls, context)
        secured.on('secureConnect', () => done.resolve(secured))
        secured.on('error', (error) => done.reject(connectFailure('tls', description, error)))
        return undefined
      },
      { signal, timeoutMs: Math.max(0, timeoutMs - (realClock.now() - startedMs)) },
      realClock,
      () => connectTimeout('tls', description, timeoutMs),
    )
    return new SocketTransport(secured, description)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function startTls(socket: Socket, host: string, options: TlsOptions, context: SecureContext): TLSSocket {
  const servername = options.servername ?? (isIP(host) === 0 ? host : undefined)
  return connect({
    socket,
    host,
    secureContext: context,
    rejectUnauthorized: options.rejectUnauthorized !== false,
    ...(servername === undefined ? undefined : { servername }),
  })
}
