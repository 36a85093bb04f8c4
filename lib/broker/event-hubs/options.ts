// Options of an event hub, with their checks and the settings they come to.

import { checkOptions, integer, type OptionCheck, texts } from '../../util/options.js'

/** Options of an event hub. */
export interface EventHubOptions {
  /** Number of partitions, from 1 to 1024; their ids are `0`, `1` and so on. Default: 4. */
  readonly partitions?: number | undefined
  /** Consumer groups beside `$Default`, which is always there. Default: none. */
  readonly consumerGroups?: readonly string[] | undefined
  /** Most events that a partition keeps; beyond, the oldest go. Default: 100,000. */
  readonly maxEvents?: number | undefined
  /** Most bytes of events that a partition keeps; beyond, the oldest go, but never the newest. Default: 67,108,864. */
  readonly maxBytes?: number | undefined
}

/** {@link EventHubOptions} with defaults filled in. */
export interface EventHubSettings {
  readonly partitions: number
  /** All groups, `$Default` first. */
  readonly consumerGroups: readonly string[]
  readonly maxEvents: number
  readonly maxBytes: number
}

const DEFAULT_GROUP = '$Default'
const DEFAULT_PARTITIONS = 4
const DEFAULT_MAX_EVENTS = 100_000
const DEFAULT_MAX_BYTES = 67_108_864
/** Names that can be one segment of an address. */
const NAME = /^[^/]+$/

const groups: OptionCheck = (value, name) => {
  texts(value, name)
  const all = [DEFAULT_GROUP, ...(value as readonly string[])]
  const wrong = all.find((group) => !NAME.test(group))
  if (wrong !== undefined) throw new TypeError(`${name}: "${wrong}" cannot be the name of a consumer group`)
  if (new Set(all.map((group) => group.toLowerCase())).size < all.length)
    throw new TypeError(`${name} must hold each name once, and not ${DEFAULT_GROUP}`)
}

const CHECKS: Readonly<Record<string, OptionCheck>> = {
  partitions: integer(1, 1024),
  consumerGroups: groups,
  maxEvents: integer(1),
  maxBytes: integer(1),
}

export function eventHubSettings(options: EventHubOptions): EventHubSettings {
  checkOptions('createEventHub', options, CHECKS)
  return {
    partitions: options.partitions ?? DEFAULT_PARTITIONS,
    consumerGroups: [DEFAULT_GROUP, ...(options.consumerGroups ?? [])],
    maxEvents: options.maxEvents ?? DEFAULT_MAX_EVENTS,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
  }
}

/** The name of a hub is one segment of its addresses, and no node of the broker. */
export function checkHubName(name: unknown): void {
  if (typeof name !== 'string' || !NAME.test(name) || name.startsWith('$'))
    throw new TypeError(
      'the name of an event hub must be a string of some length, without "/", not after "$"',
    )
}
