// An event hub: its partitions, which partition an event goes to, and the places that consumer groups have for
// receivers. Keys are spread by a hash of our own: the same key always goes to the same partition, but not to the one
// that Azure would choose.

import type { Message } from '../../message/message.js'
import type { Clock } from '../../util/clock.js'
import type { EventOrigin, NewEvent } from './event.js'
import type { EventHubSettings } from './options.js'
import { type BrokerPartition, Partition } from './partition.js'
import { notFound, refusal } from './refusal.js'
import { Seats } from './seats.js'

/** An event hub of the embedded broker, to look at. */
export interface BrokerEventHub {
  readonly name: string
  readonly partitionIds: readonly string[]
  /** In the order of their ids. */
  readonly partitions: readonly BrokerPartition[]
  /** Names of all consumer groups, `$Default` included. */
  readonly consumerGroups: readonly string[]
  /** The events of all partitions, one partition after the other. */
  readonly events: readonly Message[]
}

/** A link that ends when the hub is deleted. */
export interface HubLink {
  onHubDeleted(name: string): void
}

export class EventHub implements BrokerEventHub {
  readonly name: string
  /** Milliseconds since 1970. */
  readonly createdAtMs: number
  readonly partitions: readonly Partition[]
  readonly consumerGroups: readonly string[]
  private readonly seats = new Map<string, Seats>()
  private readonly links = new Set<HubLink>()
  private turn = 0

  constructor(name: string, settings: EventHubSettings, clock: Clock) {
    this.name = name
    this.createdAtMs = Math.floor(clock.date())
    this.consumerGroups = settings.consumerGroups
    this.partitions = Array.from(
      { length: settings.partitions },
      (_, index) => new Partition(String(index), settings, clock),
    )
  }

  get partitionIds(): readonly string[] {
    return this.partitions.map(({ id }) => id)
  }

  get events(): readonly Message[] {
    return this.partitions.flatMap(({ events }) => events)
  }

  /** Throws an AMQPError with the condition when there is none of this id. */
  partition(id: string): Partition {
    const found = this.partitions.find((partition) => partition.id === id)
    if (found !== undefined) return found
    const text = `event hub "${this.name}" has partitions 0 to ${this.partitions.length - 1}, and no "${id}"`
    throw refusal('com.microsoft:argument-out-of-range', text)
  }

  /** The places of a group at a partition. Throws an AMQPError with the condition when there is no such group. */
  seatsOf(group: string, partition: Partition): Seats {
    const wanted = group.toLowerCase()
    if (!this.consumerGroups.some((name) => name.toLowerCase() === wanted))
      throw notFound(`consumer group "${group}" of event hub "${this.name}"`)
    const key = `${partition.id} ${wanted}`
    let seats = this.seats.get(key)
    if (seats === undefined) {
      seats = new Seats()
      this.seats.set(key, seats)
    }
    return seats
  }

  /** Appends to one partition: to the one of the key, else to the next in turn. */
  append(events: readonly NewEvent[], origin: EventOrigin): void {
    const { length } = this.partitions
    const { partitionKey } = origin
    const index = partitionKey === undefined ? this.turn++ % length : hash(partitionKey) % length
    ;(this.partitions[index] as Partition).append(events, origin)
  }

  // --- links

  attach(link: HubLink): void {
    this.links.add(link)
  }

  detach(link: HubLink): void {
    this.links.delete(link)
  }

  /** Links are told. */
  delete(): void {
    for (const link of [...this.links]) link.onHubDeleted(this.name)
  }
}

/** FNV-1a over the UTF-16 units. */
function hash(key: string): number {
  let sum = 0x811c9dc5
  for (let i = 0; i < key.length; i++) sum = Math.imul(sum ^ key.charCodeAt(i), 0x01000193)
  return sum >>> 0
}
