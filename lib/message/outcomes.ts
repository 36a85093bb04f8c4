// What a user says about a message that is not accepted, as the outcomes of the specification [3.4.3, 3.4.5].

import { ErrorCodes } from '../constants.js'
import type { Fields, Modified, Rejected } from '../types/messaging.js'
import type { AMQPInput } from '../types/wrappers.js'
import { takeBoolean, takeFields, takeRecord, takeString, takeSymbol } from './checks.js'

/** Why a message is rejected. */
export interface RejectReason {
  /** Error condition, a symbol. Default `amqp:internal-error` when anything else is given. */
  readonly condition?: string | undefined
  /** For people. */
  readonly description?: string | undefined
  /** Further information; the keys are symbols. */
  readonly info?: Readonly<Record<string, AMQPInput>> | undefined
}

/** How a message differs when it is given out again. */
export interface Modification {
  /** Counts as a failed attempt: raises the delivery-count. Default false. */
  readonly deliveryFailed?: boolean | undefined
  /** Not to be given to this link again. Default false. */
  readonly undeliverableHere?: boolean | undefined
  /** Merged into the message annotations. */
  readonly messageAnnotations?: Readonly<Record<string, AMQPInput>> | undefined
}

const REASON_FIELDS = { condition: takeSymbol, description: takeString, info: takeRecord }
const MODIFICATION_FIELDS = {
  deliveryFailed: takeBoolean,
  undeliverableHere: takeBoolean,
  messageAnnotations: takeRecord,
}

/** The outcome for a reason; without one it is rejected without error. */
export function rejectedFor(reason: RejectReason | undefined): Rejected {
  const fields: { -readonly [K in keyof RejectReason]: RejectReason[K] } = {}
  if (reason !== undefined) takeFields(fields, reason, REASON_FIELDS, 'error')
  if (Object.keys(fields).length === 0) return { kind: 'rejected' }
  const { condition = ErrorCodes.InternalServerError, description, info } = fields
  return {
    kind: 'rejected',
    error: { kind: 'error', condition, description, info: info as Fields | undefined },
  }
}

/** The outcome for a modification, every field as it is named: nothing is inverted. */
export function modifiedBy(modification: Modification | undefined): Modified {
  const fields: { -readonly [K in keyof Modification]: Modification[K] } = {}
  if (modification !== undefined) takeFields(fields, modification, MODIFICATION_FIELDS, 'modification')
  const { deliveryFailed, undeliverableHere, messageAnnotations } = fields
  return {
    kind: 'modified',
    deliveryFailed,
    undeliverableHere,
    messageAnnotations: messageAnnotations as Fields | undefined,
  }
}
