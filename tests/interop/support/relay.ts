// A line between us and a broker that can be cut in the middle of whatever is under way.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import type { Peer } from './peers.js'

export interface Relay {
  readonly port: number
  /** Breaks all connections, both ways, with what they hold. */
  cut(): void
}

/**
 * Listens on a free port and hands everything on to the broker; gone when the test is over. It cuts the line by itself
 * once so many bytes have gone to the broker.
 */
export async function startRelay(
  t: ExecutionContext,
  peer: Peer,
  cutAfterBytes = Number.POSITIVE_INFINITY,
): Promise<Relay> {
  const sockets = new Set<Socket>()
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  const server = createServer((near) => {
    const far = connect(peer.port, '127.0.0.1')
    near.on('data', () => {
      if (near.bytesRead > cutAfterBytes) cut()
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
      one.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    cut()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, cut }
}
