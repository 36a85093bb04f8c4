// What an attach gets [2.6.3]: the node, event hub or queue that its terminus names, a queue of its own, the anonymous
// terminus, or a refusal with the reason. A link that comes again by name from the same container takes the place of the
// old one.

import { randomUUID } from 'node:crypto'
import type { Link } from '../engine/link.js'
import { ReceiverLink } from '../engine/receiver-link.js'
import type { SenderLink } from '../engine/sender-link.js'
import { RELEASED, type Source, type Target } from '../types/messaging.js'
import type { Attach } from '../types/transport.js'
import { CBS_NODE } from './cbs-node.js'
import type { BrokerConnection } from './connection.js'
import type { HubLinks, HubLinksHost } from './event-hubs/hub-links.js'
import { MovedNodes, type RedirectTarget } from './moved.js'
import type { NodeLinks } from './node.js'
import type { Nodes } from './nodes.js'
import type { BrokerSettings } from './options.js'
import { type AnyQueue, isNodeAddress, type Queues } from './queues.js'
import { type AttachAnswer, attachReceiver } from './service-bus/attach-receiver.js'
import { ServiceBusQueue } from './service-bus/queue.js'
import { SourceLink } from './source.js'
import { type TargetHost, TargetLink } from './target.js'

const OUTCOMES = ['amqp:accepted:list', 'amqp:rejected:list', 'amqp:released:list', 'amqp:modified:list']
/** Termini do not outlive their links here. */
const UNTIL_DETACH = { durable: 0, expiryPolicy: 'link-detach', timeout: 0 } as const
const DELETE_ON_CLOSE = { 'lifetime-policy': { kind: 'delete-on-close' } } as const

export class Links implements TargetHost {
  private readonly queues: Queues
  private readonly nodes: Nodes
  private readonly hubs: HubLinks
  private readonly settings: BrokerSettings
  private readonly byName = new Map<string, Link>()
  /** All that are attached, links to event hubs, which are not told apart by name, among them. */
  private readonly all = new Set<Link>()
  private readonly moved = new MovedNodes()

  constructor(queues: Queues, nodes: Nodes, hubs: HubLinks, settings: BrokerSettings) {
    this.queues = queues
    this.nodes = nodes
    this.hubs = hubs
    this.settings = settings
  }

  /** The queue at an address that is no event hub's; made if that is allowed. */
  queueAt(address: string): AnyQueue | undefined {
    return this.hubs.owns(address) ? undefined : this.queues.queueAt(address)
  }

  onLink(link: SenderLink | ReceiverLink, attach: Attach, client: BrokerConnection): void {
    if (link instanceof ReceiverLink) this.onTarget(link, attach, client)
    else this.onSource(link, attach, client)
  }

  /** Links to the address, present and future ones, are told to go elsewhere; with undefined, no longer. */
  redirect(address: string, to: RedirectTarget | undefined): void {
    this.moved.set(address, to)
    for (const link of [...this.all]) this.moved.detach(link)
  }

  /** Without a claim in force that covers the address, the link is refused. */
  private allowed(link: Link, terminus: Source | Target, { claims }: BrokerConnection): boolean {
    const address = terminus.dynamic === true ? '' : (terminus.address ?? '')
    if (claims === undefined || address === CBS_NODE) return true
    if (claims.covers(address)) return true
    link.refuse('amqp:unauthorized-access', claims.absenceOf(address))
    return false
  }

  // --- the client sends

  private onTarget(link: ReceiverLink, attach: Attach, client: BrokerConnection): void {
    const { target } = attach
    if (target === undefined) return link.refuse('amqp:invalid-field', 'the attach names no target')
    if (!isKind(target, 'target'))
      return link.refuse('amqp:not-implemented', 'there are no targets of this kind here')
    if (!this.allowed(link, target, client)) return
    if (this.moved.refuse(link, target.address ?? '')) return
    const node = this.nodeOf(target, client)
    if (node !== undefined) return this.openRequests(link, attach, target, node, client)
    if (this.hubs.openTarget(link, attach, target, this.hostFor(client))) return
    const anonymous = target.dynamic !== true && (target.address ?? '') === ''
    const queue = anonymous ? undefined : this.resolve(link, target)
    if (queue === undefined && !anonymous) return
    const onGone = this.take(link, client, queue, target)
    link.listener = new TargetLink(link, queue, this, onGone)
    link.open({
      source: isKind(attach.source, 'source') ? attach.source : undefined,
      target: { kind: 'target', ...UNTIL_DETACH, address: queue?.name, ...dynamicFields(target) },
      maxMessageSize: this.maxMessageSize,
    })
    link.setWindow(this.settings.credit)
  }

  private get maxMessageSize(): bigint | undefined {
    const { maxMessageSize } = this.settings
    return maxMessageSize === undefined ? undefined : BigInt(maxMessageSize)
  }

  private openRequests(
    link: ReceiverLink,
    attach: Attach,
    target: Target,
    node: NodeLinks,
    client: BrokerConnection,
  ): void {
    link.listener = node.addRequests(link, this.take(link, client, undefined, target))
    link.open({
      source: isKind(attach.source, 'source') ? attach.source : undefined,
      target: { ...UNTIL_DETACH, address: target.address },
      maxMessageSize: this.maxMessageSize,
      properties: attach.properties,
    })
    link.setWindow(this.settings.credit)
  }

  // --- the client receives

  private onSource(link: SenderLink, attach: Attach, client: BrokerConnection): void {
    const { source, target } = attach
    if (source === undefined) return link.refuse('amqp:invalid-field', 'the attach names no source')
    if (!isKind(source, 'source'))
      return link.refuse('amqp:not-implemented', 'there are no sources of this kind here')
    if (source.dynamic !== true && (source.address ?? '') === '') {
      return link.refuse('amqp:invalid-field', 'the source has no address')
    }
    if (!this.allowed(link, source, client)) return
    if (this.moved.refuse(link, source.address ?? '')) return
    const node = this.nodeOf(source, client)
    if (node !== undefined) {
      link.listener = node.addAnswers(link, this.take(link, client, undefined, source))
      link.open({
        source: { ...UNTIL_DETACH, address: source.address },
        target: isKind(target, 'target') ? target : undefined,
        properties: attach.properties,
      })
      return
    }
    if (this.hubs.openSource(link, attach, source, this.hostFor(client))) return
    const queue = this.resolve(link, source)
    if (queue === undefined) return
    const onGone = this.take(link, client, queue, source)
    const open = ({ filter, properties }: AttachAnswer, browsing = false): void => {
      link.open({
        source: {
          kind: 'source',
          ...UNTIL_DETACH,
          address: queue.name,
          ...dynamicFields(source),
          distributionMode: browsing ? 'copy' : 'move',
          filter,
          defaultOutcome: source.defaultOutcome ?? RELEASED,
          outcomes: OUTCOMES,
        },
        target: isKind(target, 'target') ? target : undefined,
        properties,
      })
    }
    if (queue instanceof ServiceBusQueue) return attachReceiver(link, attach, source, queue, { open, onGone })
    const browsing = source.distributionMode === 'copy'
    link.listener = new SourceLink(link, queue, browsing, onGone)
    open({}, browsing)
  }

  /** The node that a terminus names, if it names one. */
  private nodeOf(terminus: Source | Target, client: BrokerConnection): NodeLinks | undefined {
    return terminus.dynamic === true ? undefined : this.nodes.at(terminus.address ?? '', client)
  }

  private hostFor({ claims }: BrokerConnection): HubLinksHost {
    return {
      onLinkOpen: (link, address) => {
        this.all.add(link)
        claims?.watch(link, address)
      },
      onLinkGone: (link) => {
        this.all.delete(link)
        claims?.forget(link)
      },
    }
  }

  /** The queue that a terminus asks for; without one the link is refused. */
  private resolve(link: Link, terminus: Source | Target): AnyQueue | undefined {
    if (terminus.dynamic === true)
      return this.queues.create(`temporary/${randomUUID()}`, { serviceBus: false })
    const address = terminus.address ?? ''
    const queue = this.queueAt(address)
    if (queue === undefined) link.refuse('amqp:not-found', absence(address))
    return queue
  }

  /** Files the link under its name; the answer is to be called when it has ended. */
  private take(
    link: Link,
    { containerId, claims }: BrokerConnection,
    queue: AnyQueue | undefined,
    terminus: Source | Target,
  ): () => void {
    const dynamic = terminus.dynamic === true
    const address = dynamic ? '' : (terminus.address ?? '')
    if (address !== CBS_NODE) claims?.watch(link, address)
    const key = `${link.isReceiver ? 'target' : 'source'} ${JSON.stringify([containerId, link.name])}`
    this.byName.get(key)?.detach(true, {
      kind: 'error',
      condition: 'amqp:link:stolen',
      description: `link "${link.name}" was attached anew`,
    })
    this.byName.set(key, link)
    this.all.add(link)
    return () => {
      claims?.forget(link)
      this.all.delete(link)
      if (this.byName.get(key) === link) this.byName.delete(key)
      if (dynamic && queue !== undefined) this.queues.delete(queue.name)
    }
  }
}

/** Is the terminus one that the specification knows by this name? */
function isKind<K extends 'source' | 'target'>(
  terminus: Attach['source'] | Attach['target'],
  kind: K,
): terminus is Extract<Source | Target, { kind: K }> {
  return terminus !== undefined && 'kind' in terminus && terminus.kind === kind
}

function absence(address: string): string {
  if (address === CBS_NODE)
    return `there is no node "${address}": the broker was started without the option "cbs"`
  return `there is no ${isNodeAddress(address) ? 'node' : 'queue'} "${address}"`
}

function dynamicFields(terminus: Source | Target) {
  return terminus.dynamic === true ? { dynamic: true, dynamicNodeProperties: DELETE_ON_CLOSE } : undefined
}
