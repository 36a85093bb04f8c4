// The client's end of the TLS handshake, over a connection that stands [5.2.1]. The certificate of the other
// end is verified unless that is switched off in words; no environment variable has a say in it.

import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import type { SecureContext, TLSSocket } from 'node:tls'
import { connect, createSecureContext } from 'node:tls'
import type { Attempt } from './attempt.js'
import { nodeCredentials, withCredentials } from './tls-context.js'
import type { TlsOptions } from './tls-options.js'

/** Our certificates and keys, made ready. Throws when they are of no use. */
export function secureContext(options: TlsOptions, description: string): SecureContext {
  return withCredentials(description, () => createSecureContext(nodeCredentials(options)))
}

/** Begins TLS on the socket, which is destroyed when that fails. */
export async function secure(
  socket: Socket,
  host: string,
  options: TlsOptions,
  context: SecureContext,
  attempt: Attempt,
): Promise<TLSSocket> {
  attempt.enter('tls')
  try {
    return await attempt.step<TLSSocket>((done) => {
      const secured = startTls(socket, host, options, context)
      secured.on('secureConnect', () => done.resolve(secured))
      secured.on('error', (error) => done.reject(attempt.failure(error)))
      return undefined
    })
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
