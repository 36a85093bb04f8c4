// A TCP connection, before any protocol is spoken on it: what TCP, TLS and proxies begin with.

import type { Socket } from 'node:net'
import { connect, isIP } from 'node:net'
import type { ConnectionPhase } from '../errors.js'
import { AMQPConnectionError, AMQPTimeoutError } from '../errors.js'
import { realClock } from '../util/clock.js'
import { waitFor } from '../util/deferred.js'
import { formatHostPort } from './address.js'
import { connectFailure } from './failure.js'
import type { ConnectOptions, ConnectTarget } from './transport.js'
import { DEFAULT_CONNECT_TIMEOUT_MS } from './transport.js'

/** Makes a TCP connection. The socket's errors are never unhandled, whoever takes it over. */
export function dial(target: ConnectTarget, options: ConnectOptions): Promise<Socket> {
  const { host, port } = target
  const { signal, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options
  const description = formatHostPort(host, port)
  let phase: ConnectionPhase = isIP(host) === 0 ? 'dns' : 'tcp'
  return waitFor<Socket>(
    (connected) => {
      const socket = connect({ host, port, noDelay: true })
      socket.on('lookup', (error: Error | null) => {
        if (error === null) phase = 'tcp'
      })
      socket.on('connect', () => connected.resolve(socket))
      socket.on('error', (error) => connected.reject(connectFailure(phase, description, error)))
      return () => {
        socket.destroy()
      }
    },
    { signal, timeoutMs },
    realClock,
    () => connectTimeout(phase, description, timeoutMs),
  )
}

const MISSING: Partial<Record<ConnectionPhase, string>> = {
  dns: 'the name was not resolved',
  tls: 'TLS was not agreed on',
}

/** The error for an attempt that took too long. */
export function connectTimeout(
  phase: ConnectionPhase,
  description: string,
  timeoutMs: number,
): AMQPConnectionError {
  const missing = MISSING[phase] ?? 'no answer came'
  return new AMQPConnectionError(
    `could not connect to ${description}: ${missing} within ${timeoutMs} ms; check network and firewall`,
    {
      phase,
      retryable: true,
      context: { operation: 'connecting', host: description },
      cause: new AMQPTimeoutError(`no connection within ${timeoutMs} ms`, { timeoutMs }),
    },
  )
}
