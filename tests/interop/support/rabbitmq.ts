// RabbitMQ from outside of AMQP: its HTTP management declares and deletes queues, its control script does the rest.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brokerScripts, type Peer } from './peers.js'

const execute = promisify(execFile)

/** Arguments of a queue in RabbitMQ's own words, e.g. `x-queue-type`. */
export type QueueArguments = Readonly<Record<string, string | number>>

/** Asks the HTTP management; the path begins behind `/api/`. */
export async function manage(peer: Peer, method: string, path: string, body?: object): Promise<unknown> {
  const { user, password } = peer.account ?? { user: '', password: '' }
  const response = await fetch(`http://127.0.0.1:${peer.managementPort}/api/${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} on ${peer.name}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

const queuePath = (name: string): string => `queues/%2F/${encodeURIComponent(name)}`

/** Declares a durable queue, a classic one unless the arguments say otherwise. */
export async function declareQueue(peer: Peer, name: string, options: QueueArguments): Promise<void> {
  await manage(peer, 'PUT', queuePath(name), { durable: true, arguments: options })
}

export async function deleteQueue(peer: Peer, name: string): Promise<void> {
  await manage(peer, 'DELETE', queuePath(name))
}

/** Runs `rabbitmqctl` with the broker. */
export async function control(peer: Peer, ...args: string[]): Promise<string> {
  const { stdout } = await execute(join(brokerScripts, 'ctl.sh'), [peer.name, ...args], { timeout: 20_000 })
  return stdout
}
