// What an attach to an address of an event hub gets: a partition to read from, something to send to, or a refusal that
// says why. Links are not told apart by name: clients of one process may give the same name to several.

import type { Link } from '../../engine/link.js'
import type { ReceiverLink } from '../../engine/receiver-link.js'
import type { SenderLink } from '../../engine/sender-link.js'
import { AMQPError } from '../../errors.js'
import type { Source, Target } from '../../types/messaging.js'
import type { Attach } from '../../types/transport.js'
import type { BrokerSettings } from '../options.js'
import { type HubAddress, parseHubAddress } from './addresses.js'
import type { EventHub } from './hub.js'
import type { EventHubs } from './hubs.js'
import { PublisherLink } from './publisher.js'
import { ReaderLink } from './reader.js'
import { refusal } from './refusal.js'
import { startPosition } from './start-position.js'

const METRICS = 'com.microsoft:enable-receiver-runtime-metric'
const IDEMPOTENT = 'com.microsoft:idempotent-producer'
const EPOCH = 'com.microsoft:epoch'
const RECEIVER_NAME = 'com.microsoft:receiver-name'
/** What the larger tiers of the service take. */
const MAX_MESSAGE_BYTES = 1_048_576

/** Who wants to know of the links to hubs. */
export interface HubLinksHost {
  onLinkOpen(link: Link, address: string): void
  onLinkGone(link: Link): void
}

export class HubLinks {
  private readonly hubs: EventHubs
  private readonly settings: BrokerSettings

  constructor(hubs: EventHubs, settings: BrokerSettings) {
    this.hubs = hubs
    this.settings = settings
  }

  /** Is the address that of a hub, or below it? */
  owns(address: string): boolean {
    return this.hubs.find(parseHubAddress(address).hub) !== undefined
  }

  /** The client sends. False: the address is none of a hub. */
  openTarget(link: ReceiverLink, attach: Attach, target: Target, host: HubLinksHost): boolean {
    return this.open(link, target, (hub, address) => {
      if (address.unknown === true || address.group !== undefined)
        throw refusal('amqp:not-allowed', `nothing can be sent to "${target.address}"`)
      if (attach.desiredCapabilities?.includes(IDEMPOTENT) === true)
        throw refusal('amqp:not-implemented', 'there are no idempotent producers here')
      const partition = address.partition === undefined ? undefined : hub.partition(address.partition)
      const onGone = (): void => host.onLinkGone(link)
      link.listener = new PublisherLink(link, { hub, partition, publisher: address.publisher, onGone })
      host.onLinkOpen(link, target.address ?? '')
      link.open({
        source: link.remoteSource,
        target: { kind: 'target', address: target.address },
        maxMessageSize: BigInt(this.settings.maxMessageSize ?? MAX_MESSAGE_BYTES),
      })
      link.setWindow(this.settings.credit)
    })
  }

  /** The client receives. False: the address is none of a hub. */
  openSource(link: SenderLink, attach: Attach, source: Source, host: HubLinksHost): boolean {
    return this.open(link, source, (hub, { group, partition: id }) => {
      if (group === undefined || id === undefined)
        throw refusal('amqp:not-allowed', 'events are received from a partition, for a consumer group')
      const partition = hub.partition(id)
      const metrics = attach.desiredCapabilities?.includes(METRICS) === true
      const name = attach.properties?.[RECEIVER_NAME]
      link.listener = new ReaderLink(link, {
        hub,
        partition,
        seats: hub.seatsOf(group, partition),
        start: startPosition(source.filter, partition.end),
        epoch: epochOf(attach),
        name: typeof name === 'string' ? name : link.name,
        metrics,
        onGone: () => host.onLinkGone(link),
      })
      host.onLinkOpen(link, source.address ?? '')
      link.open({
        source: { kind: 'source', address: source.address, distributionMode: 'copy', filter: source.filter },
        target: link.remoteTarget,
        offeredCapabilities: metrics ? [METRICS] : undefined,
      })
    })
  }

  /** Opens the link if its terminus is a hub's; an AMQPError that `serve` throws refuses it. */
  private open(
    link: ReceiverLink | SenderLink,
    terminus: Source | Target,
    serve: (hub: EventHub, address: HubAddress) => void,
  ): boolean {
    if (terminus.dynamic === true) return false
    const address = parseHubAddress(terminus.address ?? '')
    const hub = this.hubs.find(address.hub)
    if (hub === undefined) return false
    try {
      serve(hub, address)
    } catch (error) {
      if (!(error instanceof AMQPError)) throw error
      link.refuse(error.condition ?? 'amqp:internal-error', error.message)
    }
    return true
  }
}

function epochOf({ properties }: Attach): bigint | undefined {
  const epoch = properties?.[EPOCH] ?? undefined
  if (epoch === undefined) return undefined
  if (typeof epoch === 'bigint') return epoch
  if (typeof epoch === 'number' && Number.isSafeInteger(epoch)) return BigInt(epoch)
  throw refusal('amqp:invalid-field', `${EPOCH} is not a whole number`)
}
