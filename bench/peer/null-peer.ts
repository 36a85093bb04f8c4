// Process: a server that speaks as little AMQP as it can get away with, so that the client under test is what limits.
// Answers its parent `port` at once, and its counters on every `count`, which also sets them to zero.

import { createServer } from 'node:net'
import { serve } from '../support/serve.js'
import { PeerConnection } from './connection.js'
import type { Counters } from './session.js'

const counters: Counters = { received: 0, settled: 0 }
const server = createServer((socket) => new PeerConnection(socket, counters))

serve({
  listen: () =>
    new Promise<{ port: number }>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve({ port: (server.address() as { port: number }).port }))
    }),
  count: async () => {
    const counted = { ...counters }
    counters.received = 0
    counters.settled = 0
    return counted
  },
})
