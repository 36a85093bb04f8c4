// Options of Service Bus queues, with their checks and the settings they come to.

import { boolean, checkOptions, integer, type OptionCheck } from '../../util/options.js'

/** Options of a queue that speaks the dialect of Azure Service Bus. */
export interface ServiceBusOptions {
  /** How long a message stays locked, in milliseconds; in a queue with sessions, how long a session does. Default: 60000. */
  readonly lockDurationMs?: number | undefined
  /** Messages belong to sessions (`group-id`), and each session has one receiver at a time. Default: false. */
  readonly requiresSession?: boolean | undefined
}

/** {@link ServiceBusOptions} with defaults filled in. */
export interface ServiceBusSettings {
  readonly lockDurationMs: number
  readonly requiresSession: boolean
}

/** Attempts before a message is given up, where neither queue nor broker says. */
export const DEFAULT_MAX_DELIVERY_COUNT = 10
const DEFAULT_LOCK_DURATION_MS = 60_000

const CHECKS: Readonly<Record<string, OptionCheck>> = {
  lockDurationMs: integer(1, 0x7fffffff),
  requiresSession: boolean,
}

/** True and false, too. */
export const serviceBusOption: OptionCheck = (value, name) => {
  if (typeof value !== 'boolean') checkOptions(name, value, CHECKS)
}

/** What a queue's own option and the broker's come to; undefined for a plain queue. */
export function serviceBusSettings(
  own: boolean | ServiceBusOptions | undefined,
  broker: boolean | ServiceBusOptions | undefined,
): ServiceBusSettings | undefined {
  if ((own ?? broker ?? false) === false) return undefined
  const { lockDurationMs, requiresSession } = { ...optionsOf(broker), ...optionsOf(own) }
  return {
    lockDurationMs: lockDurationMs ?? DEFAULT_LOCK_DURATION_MS,
    requiresSession: requiresSession ?? false,
  }
}

function optionsOf(option: boolean | ServiceBusOptions | undefined): ServiceBusOptions {
  return typeof option === 'object' ? option : {}
}
