// Takes what a test left in a queue of a broker that cannot delete queues.
import { Connection } from '../../../lib/index.js'
import { type Peer, urlOf } from './peers.js'

const quietMs = 50

/** Receives until nothing comes any more. */
export async function emptyQueue(peer: Peer, name: string): Promise<void> {
  const connection = await Connection.connect(urlOf(peer), { timeoutMs: 5000 })
  try {
    const receiver = await connection.createReceiver(peer.address(name), {
      sndSettleMode: 'settled',
      prefetch: peer.features.prefetch,
      timeoutMs: 5000,
    })
    let message = await receiver.receive({ timeoutMs: quietMs })
    while (message !== undefined) message = await receiver.receive({ timeoutMs: quietMs })
  } finally {
    await connection.close({ timeoutMs: 200 })
  }
}
