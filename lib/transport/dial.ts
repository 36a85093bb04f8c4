// A TCP connection, before any protocol is spoken on it: what TCP, TLS, proxies and WebSockets begin with.

import type { Socket } from 'node:net'
import { connect, isIP } from 'node:net'
import type { Attempt } from './attempt.js'
import type { ConnectTarget } from './transport.js'

/** Makes a TCP connection. The socket's errors are never unhandled, whoever takes it over. */
export function dial({ host, port }: ConnectTarget, attempt: Attempt): Promise<Socket> {
  attempt.enter(isIP(host) === 0 ? 'dns' : 'tcp')
  return attempt.step<Socket>((connected) => {
    const socket = connect({ host, port, noDelay: true })
    socket.on('lookup', (error: Error | null) => {
      if (error === null) attempt.enter('tcp')
    })
    socket.on('connect', () => connected.resolve(socket))
    socket.on('error', (error) => connected.reject(attempt.failure(error)))
    return () => {
      socket.destroy()
    }
  })
}
