// Which brokers are up, found out before the tests are declared: what is missing is then skipped in plain sight,
// or fails where all of them are required.
import { spawnSync } from 'node:child_process'
import { type Peer, peers } from './peers.js'

/** A broker that is not there is a failure, not a skip. */
export const required = process.env['AMQP1_INTEROP_REQUIRED'] === '1'

const script = `
const net = require('node:net')
for (const port of process.argv.slice(1)) {
  const socket = net.connect(Number(port), '127.0.0.1')
  socket.on('connect', () => { console.log(port); socket.destroy() })
  socket.on('error', () => {})
  socket.setTimeout(1000, () => socket.destroy())
}`

function portsThatAnswer(): Set<number> {
  const ports = peers.map((peer) => String(peer.port))
  const result = spawnSync(process.execPath, ['-e', script, ...ports], { encoding: 'utf8', timeout: 5000 })
  return new Set(result.stdout.split('\n').filter(Boolean).map(Number))
}

let answering: Set<number> | undefined

export function isUp(peer: Peer): boolean {
  answering ??= portsThatAnswer()
  return answering.has(peer.port)
}
