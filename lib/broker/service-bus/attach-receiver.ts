// The attach of a receiver at a Service Bus queue: with sessions its source filter names one, or asks for the next that
// is free (azure: com.microsoft:session-filter); the answer names it, and says until when it is locked.

import type { SenderLink } from '../../engine/sender-link.js'
import type { Fields, InputFields, Source } from '../../types/messaging.js'
import type { Attach } from '../../types/transport.js'
import { AMQPDescribed, AMQPLong, type AMQPValue } from '../../types/wrappers.js'
import { ARGUMENT_ERROR, NOT_ALLOWED, NOT_IMPLEMENTED, SESSION_CANNOT_BE_LOCKED } from './conditions.js'
import type { ServiceBusQueue } from './queue.js'
import { ServiceBusReceiver } from './receiver.js'
import type { MessageSession } from './sessions.js'

/** What the answer to the attach says beyond what is said for every queue. */
export interface AttachAnswer {
  readonly filter?: InputFields
  readonly properties?: InputFields
}

export interface AttachHost {
  open(answer: AttachAnswer): void
  /** The link has ended. */
  onGone(): void
}

const SESSION_FILTER = 'com.microsoft:session-filter'
const LOCKED_UNTIL = 'com.microsoft:locked-until-utc'
/** How long a receiver waits for a session, in milliseconds. */
const WAIT = 'com.microsoft:timeout'
const DEFAULT_WAIT_MS = 60_000
/** Ticks of .NET are 100 nanoseconds long and count from the year 1. */
const TICKS_PER_MS = 10_000n
const MS_BEFORE_1970 = 62_135_596_800_000n

export function attachReceiver(
  link: SenderLink,
  attach: Attach,
  source: Source,
  queue: ServiceBusQueue,
  host: AttachHost,
): void {
  const filter = sessionFilter(source.filter)
  const receiver = new ServiceBusReceiver(link, queue, {
    open: (session) => host.open(session === undefined ? {} : answerFor(session, filter, queue)),
    onGone: () => host.onGone(),
  })
  link.listener = receiver
  const { sessions } = queue
  if (source.distributionMode === 'copy') {
    return link.refuse(NOT_IMPLEMENTED, 'a Service Bus queue is looked at by its node $management')
  }
  if ((sessions === undefined) !== (filter === undefined)) {
    const has = sessions === undefined ? 'no sessions' : 'sessions'
    return link.refuse(NOT_ALLOWED, `queue "${queue.name}" has ${has}: the source filter does not fit`)
  }
  if (sessions === undefined || filter === undefined) return receiver.begin()
  const id = valueOf(filter)
  if (id === null || id === undefined) return sessions.acceptNext(receiver, waitMs(attach.properties))
  if (typeof id !== 'string') return link.refuse(ARGUMENT_ERROR, 'the session filter is not a string')
  if (sessions.accept(id, receiver)) return
  link.refuse(SESSION_CANNOT_BE_LOCKED, `session "${id}" is locked by another receiver`)
}

/** The filter as it came; undefined when there is none. */
function sessionFilter(filter: Fields | undefined): AMQPValue | undefined {
  return filter !== undefined && Object.hasOwn(filter, SESSION_FILTER) ? filter[SESSION_FILTER] : undefined
}

function valueOf(filter: AMQPValue): AMQPValue | undefined {
  return filter instanceof AMQPDescribed ? (filter.value as AMQPValue) : filter
}

/** The id goes back in the form that it came in: bare, or with its descriptor. */
function answerFor(
  { id, lockedUntilMs }: MessageSession,
  asked: AMQPValue | undefined,
  queue: ServiceBusQueue,
): AttachAnswer {
  const filter = asked instanceof AMQPDescribed ? new AMQPDescribed(asked.descriptor, id) : id
  return {
    filter: { [SESSION_FILTER]: filter },
    properties: { [LOCKED_UNTIL]: new AMQPLong(ticksOf(queue.dateOf(lockedUntilMs))) },
  }
}

function ticksOf(date: Date): bigint {
  return (BigInt(date.getTime()) + MS_BEFORE_1970) * TICKS_PER_MS
}

function waitMs(properties: Attach['properties']): number {
  const wait = properties?.[WAIT]
  return typeof wait === 'number' && wait >= 0 ? wait : DEFAULT_WAIT_MS
}
