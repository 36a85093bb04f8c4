// The brokers that the stories are told with: where they listen, how a queue is addressed, what they can do.
// A story asks for what it needs by these names, so that a broker without it is named with what it lacks.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the scripts in tests/interop/brokers put what they install. */
export const brokersHome = process.env['BROKERS_HOME'] ?? '/opt/amqp-brokers'
export const brokerScripts = join('tests', 'interop', 'brokers')

export type PeerName = 'rabbitmq4' | 'rabbitmq3' | 'proton' | 'proton-c' | 'artemis' | 'broker-j'

/** What not every broker can do. */
export interface Features {
  /** Keeps a message locked until the receiver has settled it; without it messages always come settled. */
  readonly locks: boolean
  /** Answers a drain with a flow [2.6.7]. */
  readonly drain: boolean
  /** Takes rcv-settle-mode second [2.8.3]. */
  readonly confirms: boolean
  /** Has a dead-letter queue for what is rejected. */
  readonly deadLetters: boolean
  /** Takes the outcome modified [3.4.5]. */
  readonly modifies: boolean
  /** Makes nodes for a source that is dynamic [3.5.3]. */
  readonly dynamic: boolean
  /** Shows the messages of a queue without taking them [3.5.3]. */
  readonly browses: boolean
  /** Lets us in as ANONYMOUS [5.3.3]. */
  readonly anonymous: boolean
  /** Selects by the Apache selector, and lists in its attach which filters it has taken [3.5.3]. */
  readonly selects: boolean
  /** Routes by the `to` of each message when the target has no address. */
  readonly relay: boolean
  /** Takes messages of 10 MB. */
  readonly large: boolean
  /** Messages a receiver may have prefetched: proton-c gives out one message for each flow frame. */
  readonly prefetch: number
}

export interface Peer {
  readonly name: PeerName
  readonly port: number
  readonly tlsPort: number
  /** Ports of WebSockets without and with TLS. */
  readonly webSocketPort?: number
  readonly webSocketTlsPort?: number
  /** Port of RabbitMQ's HTTP management. */
  readonly managementPort?: number
  readonly account?: { readonly user: string; readonly password: string }
  readonly features: Features
  /** The wire address of a queue. */
  address(queue: string): string
}

const user = 'test'
const password = 'test'

export const rabbitmq4: Peer = {
  name: 'rabbitmq4',
  port: 5672,
  tlsPort: 5671,
  managementPort: 15672,
  account: { user, password },
  features: {
    locks: true,
    drain: true,
    confirms: false,
    deadLetters: true,
    modifies: true,
    dynamic: false,
    browses: false,
    anonymous: true,
    selects: false,
    relay: true,
    large: true,
    prefetch: 300,
  },
  address: (queue) => `/queues/${queue}`,
}

export const rabbitmq3: Peer = {
  name: 'rabbitmq3',
  port: 5772,
  tlsPort: 5771,
  managementPort: 15772,
  account: { user, password },
  features: {
    locks: true,
    drain: false,
    confirms: false,
    deadLetters: true,
    modifies: false,
    dynamic: false,
    browses: false,
    anonymous: true,
    selects: false,
    relay: false,
    large: true,
    prefetch: 300,
  },
  address: (queue) => `/amq/queue/${queue}`,
}

export const proton: Peer = {
  name: 'proton',
  port: 5872,
  tlsPort: 5871,
  features: {
    locks: true,
    drain: true,
    confirms: true,
    deadLetters: false,
    modifies: true,
    dynamic: true,
    browses: true,
    anonymous: true,
    selects: false,
    relay: true,
    large: true,
    prefetch: 300,
  },
  address: (queue) => queue,
}

export const protonC: Peer = {
  name: 'proton-c',
  port: 5882,
  tlsPort: 5882,
  features: {
    locks: false,
    drain: false,
    confirms: false,
    deadLetters: false,
    modifies: false,
    dynamic: false,
    browses: false,
    anonymous: true,
    selects: false,
    relay: false,
    large: false,
    prefetch: 1,
  },
  address: (queue) => queue,
}

export const artemis: Peer = {
  name: 'artemis',
  port: 5682,
  tlsPort: 5681,
  webSocketPort: 5682,
  webSocketTlsPort: 5681,
  account: { user, password },
  features: {
    locks: true,
    drain: true,
    confirms: false,
    deadLetters: false,
    modifies: true,
    dynamic: true,
    browses: true,
    anonymous: true,
    selects: true,
    relay: true,
    large: true,
    prefetch: 300,
  },
  address: (queue) => queue,
}

export const brokerJ: Peer = {
  name: 'broker-j',
  port: 5692,
  tlsPort: 5691,
  webSocketPort: 5693,
  webSocketTlsPort: 5694,
  account: { user, password },
  features: {
    locks: true,
    drain: true,
    confirms: true,
    deadLetters: false,
    modifies: false,
    dynamic: true,
    browses: true,
    anonymous: false,
    selects: true,
    relay: true,
    large: true,
    prefetch: 300,
  },
  address: (queue) => queue,
}

export const peers: readonly Peer[] = [rabbitmq4, rabbitmq3, proton, protonC, artemis, brokerJ]

/** The brokers that know our account. */
export const peersWithAccount: readonly Peer[] = peers.filter((peer) => peer.account !== undefined)

export const peersWithWebSocket: readonly Peer[] = peers.filter((peer) => peer.webSocketPort !== undefined)

/** The brokers that can do something. */
export function peersWith(feature: Exclude<keyof Features, 'prefetch'>): readonly Peer[] {
  return peers.filter((peer) => peer.features[feature])
}

const credentials = ({ account }: Peer): string =>
  account === undefined ? '' : `${account.user}:${account.password}@`

export const urlOf = (peer: Peer): string => `amqp://${credentials(peer)}127.0.0.1:${peer.port}`

/** By WebSocket, where the broker has a port for that. */
export const webSocketUrlOf = (peer: Peer): string =>
  `ws://${credentials(peer)}127.0.0.1:${peer.webSocketPort}`

export const webSocketTlsUrlOf = (peer: Peer): string =>
  `wss://${credentials(peer)}localhost:${peer.webSocketTlsPort}`

export const tlsUrlOf = (peer: Peer): string => `amqps://${credentials(peer)}localhost:${peer.tlsPort}`

/** A file of the throw-away authority that the install script made. */
export const tlsFile = (name: string): string => readFileSync(join(brokersHome, 'tls', name), 'utf8')
