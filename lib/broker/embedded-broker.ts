// A broker in this process, for tests, samples and demonstrations: queues in memory, the protocol in earnest.

import { randomUUID } from 'node:crypto'
import type { OpenOptions } from '../engine/open-options.js'
import type { Session } from '../engine/session.js'
import { AMQPError } from '../errors.js'
import { formatHostPort } from '../transport/address.js'
import { type Listener, listen } from '../transport/listen.js'
import { memoryPair } from '../transport/memory.js'
import type { Transport } from '../transport/transport.js'
import type { Fields } from '../types/maps.js'
import type { AMQPInput } from '../types/wrappers.js'
import { Deferred } from '../util/deferred.js'
import { Authentication } from './authentication.js'
import { CBS_CAPABILITY, CBS_NODE, cbsNode } from './cbs-node.js'
import { BrokerConnection, type ConnectionHost } from './connection.js'
import type { BrokerEventHub } from './event-hubs/hub.js'
import { HubLinks } from './event-hubs/hub-links.js'
import { EventHubs } from './event-hubs/hubs.js'
import { hubManagement } from './event-hubs/management.js'
import type { EventHubOptions } from './event-hubs/options.js'
import { Links } from './links.js'
import type { RedirectTarget } from './moved.js'
import type { NodeHandler } from './node.js'
import { Nodes } from './nodes.js'
import {
  type BrokerOptions,
  type BrokerSettings,
  brokerSettings,
  type QueueOptions,
  webSocketOptions,
} from './options.js'
import type { BrokerQueue } from './queue.js'
import { Queues } from './queues.js'
import { managementNodes } from './service-bus/management.js'

/** Clients may take so long to answer when the broker stops. */
const STOP_TIMEOUT_MS = 1_000
const CHANNEL_MAX = 1023
/** rhea takes neither an initial delivery-count other than 0 nor a delivery-id that wraps. */
const FIRST_ID = 0
/** Hosts that listen everywhere, and one each by which they can be reached. */
const REACHABLE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/**
 * An AMQP 1.0 broker inside the process, for tests, samples and demonstrations. What it holds is gone when it stops;
 * it is no broker for production.
 *
 * A queue's address is its name. Messages are locked while a consumer holds them; what becomes of them is for the
 * consumer to say: accepted ones are removed, released ones go back to their place, modified ones too with what was
 * modified, rejected ones go to the queue `<name>/$DeadLetterQueue`. Dynamic nodes, the anonymous terminus and
 * browsing (distribution-mode `copy`) are there; transactions and filters are not. Nodes that answer requests are
 * made with `addNode`; with the option `cbs` there is one for claims. `createEventHub` makes what clients of Azure Event
 * Hubs expect.
 *
 * Queues with the option `serviceBus` speak the dialect of Azure Service Bus instead: each lock has a token and ends by
 * the clock of the broker, `modified` abandons or defers, batches are taken apart, messages can be scheduled, sessions
 * are chosen by the filter `com.microsoft:session-filter`, and the node `<name>/$management` does the rest. They have
 * no browsing; topics, rules, transactions and duplicate detection are not there.
 */
export class EmbeddedBroker {
  private readonly settings: BrokerSettings
  private readonly queues: Queues
  private readonly hubs: EventHubs
  private readonly nodes = new Nodes()
  private readonly clients = new Set<BrokerConnection>()
  private readonly links: Links
  private readonly connectionHost: ConnectionHost
  private readonly secure: boolean
  private readonly webSocketPath: string
  private listener: Listener | undefined = undefined
  private webSocketListener: Listener | undefined = undefined
  private stopping: Promise<void> | undefined = undefined
  private readonly allGone = new Deferred<void>()

  private constructor(options: BrokerOptions) {
    this.settings = brokerSettings(options)
    this.secure = options.tls !== undefined
    this.webSocketPath = webSocketOptions(options)?.path ?? ''
    this.queues = new Queues(this.settings)
    this.hubs = new EventHubs(this.settings.clock)
    const { cbs } = this.settings
    if (cbs !== undefined) this.nodes.add(CBS_NODE, cbsNode(cbs))
    this.nodes.addFamily(hubManagement(this.hubs))
    this.nodes.addFamily(managementNodes((address) => this.queues.serviceBusQueueAt(address)))
    const hubLinks = new HubLinks(this.hubs, this.settings)
    const links = new Links(this.queues, this.nodes, hubLinks, this.settings)
    this.links = links
    this.connectionHost = {
      clock: this.settings.clock,
      tracer: this.settings.tracer,
      authentication: new Authentication(this.settings),
      allowNoSasl: this.settings.anonymous || cbs !== undefined,
      claims: cbs !== undefined,
      open: openOptions(this.settings),
      onSession: (session, connection) => serveSession(session, connection, links),
      onConnectionEnd: (connection) => this.onConnectionEnd(connection),
    }
  }

  /**
   * Starts a broker. Rejects with an AMQPConnectionError when an address cannot be had or the TLS keys are of no use.
   * @throws TypeError or RangeError for options that do not exist, or have no sense.
   */
  static async start(options: BrokerOptions = {}): Promise<EmbeddedBroker> {
    const broker = new EmbeddedBroker(options)
    try {
      await broker.listen(options)
    } catch (error) {
      await broker.stop()
      throw error
    }
    return broker
  }

  private async listen(options: BrokerOptions): Promise<void> {
    const onConnection = (transport: Transport): void => this.serve(transport)
    if (options.listen !== false) this.listener = await listen(options, onConnection)
    const webSocket = webSocketOptions(options)
    if (webSocket === undefined) return
    const { listenWebSocket } = await import('../transport/listen-websocket.js')
    const { host, tls } = options
    this.webSocketListener = await listenWebSocket({ host, tls, ...webSocket }, onConnection)
  }

  /** Where clients connect to: `amqp://127.0.0.1:PORT`, `amqps://` with TLS. Without a port, a name that leads nowhere. */
  get url(): string {
    return urlOf(this.secure ? 'amqps' : 'amqp', this.listener)
  }

  /** The same over WebSocket: `ws://127.0.0.1:PORT`, `wss://` with TLS, and the path if there is only one. */
  get webSocketUrl(): string {
    return urlOf(this.secure ? 'wss' : 'ws', this.webSocketListener) + this.webSocketPath
  }

  /** Address that it listens on; empty when it does not. */
  get host(): string {
    return this.listener?.host ?? ''
  }

  /** Port that it listens on; 0 when it does not. */
  get port(): number {
    return this.listener?.port ?? 0
  }

  /** Number of clients that are connected. */
  get connections(): number {
    return this.clients.size
  }

  // --- clients without a port

  /** The client's end of a new connection in memory. */
  connect(): Transport {
    const [client, server] = memoryPair({ clock: this.settings.clock })
    this.serve(server)
    return client
  }

  /** Serves the client at the other end of a transport. */
  serve(transport: Transport): void {
    if (this.stopping === undefined) this.clients.add(new BrokerConnection(transport, this.connectionHost))
    else transport.destroy()
  }

  // --- queues

  /** Names of the queues there are. */
  get queueNames(): readonly string[] {
    return this.queues.names
  }

  /**
   * Makes a queue.
   * @throws AMQPError when there is one of this name.
   */
  createQueue(name: string, options: QueueOptions = {}): BrokerQueue {
    return this.queues.create(name, options)
  }

  /** Deletes a queue with its messages; its links are detached with `amqp:resource-deleted`. False: there was none. */
  deleteQueue(name: string): boolean {
    return this.queues.delete(name)
  }

  /**
   * A queue, to look at.
   * @throws AMQPError when there is none of this name.
   */
  queue(name: string): BrokerQueue {
    const queue = this.queues.find(name)
    if (queue !== undefined) return queue
    throw new AMQPError(`There is no queue "${name}"`, {
      code: 'AMQP_QUEUE_NOT_FOUND',
      condition: 'amqp:not-found',
    })
  }

  // --- event hubs

  /** Names of the event hubs there are. */
  get eventHubNames(): readonly string[] {
    return this.hubs.names
  }

  /**
   * Makes an event hub, which clients of Azure Event Hubs take for one of theirs: partitions that keep events after they
   * were read, consumer groups, positions to start from, owners, batches, and `$management`. Its address and all below
   * are no queues any more. Capitals in names do not matter.
   * @throws AMQPError when there is one of this name. TypeError or RangeError for a name that cannot be, and for options
   * that do not exist or have no sense
   */
  createEventHub(name: string, options: EventHubOptions = {}): BrokerEventHub {
    return this.hubs.create(name, options)
  }

  /** Deletes an event hub with its events; its links are detached with `amqp:resource-deleted`. False: there was none. */
  deleteEventHub(name: string): boolean {
    return this.hubs.delete(name)
  }

  /**
   * An event hub, to look at.
   * @throws AMQPError when there is none of this name.
   */
  eventHub(name: string): BrokerEventHub {
    const hub = this.hubs.find(name)
    if (hub !== undefined) return hub
    throw new AMQPError(`There is no event hub "${name}"`, {
      code: 'AMQP_EVENT_HUB_NOT_FOUND',
      condition: 'amqp:not-found',
    })
  }

  // --- nodes that answer requests

  /**
   * Makes a node, in place of one that was there: requests that clients send to its address go to `handler`, whose
   * answers go to the link that the same client receives from the node with. Of several, it is the one whose target, or
   * else whose name, is the reply-to of the request; a request without reply-to is answered by the only such link of its
   * session. While 16 MiB of answers wait for credit, requests are rejected with `amqp:resource-limit-exceeded`.
   */
  addNode(address: string, handler: NodeHandler): void {
    this.nodes.add(address, handler)
  }

  /** Removes a node; its links are detached with `amqp:resource-deleted`. False: there was none. */
  removeNode(address: string): boolean {
    return this.nodes.remove(address)
  }

  // --- faults on demand

  /** Breaks all connections without a word, as a crash or a broken network would. */
  dropConnections(): void {
    for (const connection of [...this.clients]) connection.drop()
  }

  /** Closes all connections with an error, whose `info` is told as it is. */
  closeConnections(
    condition = 'amqp:connection:forced',
    description = 'closed by the broker',
    info?: Readonly<Record<string, AMQPInput>>,
  ): void {
    for (const connection of [...this.clients]) {
      connection.close(condition, description, info as Fields | undefined)
    }
  }

  /**
   * Sends clients elsewhere: links to the address are detached, and refused from here on, with `amqp:link:redirect`. With
   * undefined the address is served here again. To be redirected with the whole connection:
   * `closeConnections('amqp:connection:redirect', …, info)`.
   */
  redirect(address: string, to: RedirectTarget | undefined): void {
    this.links.redirect(address, to)
  }

  // --- the end

  /**
   * Closes all connections with `amqp:connection:forced`, breaks those that are not closed a second later, and gives
   * its ports back. Never rejects.
   */
  stop(): Promise<void> {
    this.stopping ??= this.shutDown()
    return this.stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** @internal What Node prints of it: none of its secrets, and nothing of its inside. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `EmbeddedBroker at ${this.url}, connections: ${this.connections}, queues: ${this.queueNames.join(', ') || 'none'}`
  }

  private async shutDown(): Promise<void> {
    this.closeConnections('amqp:connection:forced', 'the broker stops')
    if (this.clients.size > 0) {
      const timer = this.settings.clock.setTimer(STOP_TIMEOUT_MS, () => this.dropConnections())
      await this.allGone.promise
      timer.cancel()
    }
    this.queues.end()
    await Promise.all([this.listener?.close(), this.webSocketListener?.close()])
  }

  private onConnectionEnd(connection: BrokerConnection): void {
    this.clients.delete(connection)
    this.nodes.onConnectionEnd(connection)
    if (this.clients.size === 0 && this.stopping !== undefined) this.allGone.resolve()
  }
}

function urlOf(scheme: string, listener: Listener | undefined): string {
  if (listener === undefined) return `${scheme}://embedded.invalid`
  const { host, port } = listener
  return `${scheme}://${formatHostPort(REACHABLE[host] ?? host, port)}`
}

function openOptions(settings: BrokerSettings): OpenOptions {
  return {
    containerId: `amqp1-broker-${randomUUID()}`,
    maxFrameSize: settings.maxFrameSize,
    channelMax: CHANNEL_MAX,
    idleTimeoutMs: settings.idleTimeoutMs,
    offeredCapabilities: ['ANONYMOUS-RELAY', ...(settings.cbs?.draft === true ? [CBS_CAPABILITY] : [])],
    properties: { product: 'amqp1 embedded broker' },
    initialId: FIRST_ID,
  }
}

function serveSession(session: Session, connection: BrokerConnection, links: Links): void {
  session.listener = {
    onBegin() {},
    onLink: (link, attach) => links.onLink(link, attach, connection),
    onEnd() {},
  }
  session.begin()
}
