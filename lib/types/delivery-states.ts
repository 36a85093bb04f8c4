// Delivery states and outcomes [3.4], with the two that transactions add [4.5.6, 4.5.8].
// A state without fields is one frozen object, so that settling a delivery allocates nothing.

import type { AMQPErrorFields } from './amqp-error.js'
import { error } from './amqp-error.js'
import { composite, MANDATORY } from './composite.js'
import { oneOf } from './composite-set.js'
import type { Writer } from './cursor.js'
import type { FieldType } from './field-type.js'
import { TXN_ID } from './field-types.js'
import type { Fields } from './maps.js'
import type { AMQPDescribed } from './wrappers.js'

/** How far the receiver holds the message; not terminal [3.4.1]. */
export interface Received {
  readonly kind: 'received'
  readonly sectionNumber: number
  readonly sectionOffset: bigint
}

/** Processed at the receiver [3.4.2]. */
export interface Accepted {
  readonly kind: 'accepted'
}

/** Invalid and unprocessable at the receiver [3.4.3]. */
export interface Rejected {
  readonly kind: 'rejected'
  readonly error?: AMQPErrorFields | undefined
}

/** Not processed, and never will be by this receiver; may be given out again unchanged [3.4.4]. */
export interface Released {
  readonly kind: 'released'
}

/** As released, but changed before it is given out again [3.4.5]. */
export interface Modified {
  readonly kind: 'modified'
  /** Count this as a failed attempt. */
  readonly deliveryFailed?: boolean | undefined
  /** Do not give it to this link again. */
  readonly undeliverableHere?: boolean | undefined
  /** Merged into the message annotations. */
  readonly messageAnnotations?: Fields | undefined
}

/** The transaction that a declare asked for exists [4.5.6]. */
export interface Declared {
  readonly kind: 'declared'
  readonly txnId: Uint8Array
}

/** Provisional outcome, which the discharge of the transaction makes final [4.5.8]. */
export interface TransactionalState {
  readonly kind: 'transactional-state'
  readonly txnId: Uint8Array
  readonly outcome?: Outcome | AMQPDescribed | undefined
}

/** A terminal state of a delivery [3.4]. */
export type Outcome = Accepted | Rejected | Released | Modified | Declared

/** Any state of a delivery that the specification knows. One that it does not know is read as AMQPDescribed. */
export type DeliveryState = Received | Outcome | TransactionalState

/** The one accepted state there is; decoding gives this object. */
export const ACCEPTED: Accepted = Object.freeze({ kind: 'accepted' })
/** The one released state there is; decoding gives this object. */
export const RELEASED: Released = Object.freeze({ kind: 'released' })

export const received = composite<Received>('received', 0x23, 'amqp:received:list', {
  sectionNumber: ['uint', MANDATORY],
  sectionOffset: ['ulong', MANDATORY],
})

export const accepted = composite<Accepted>('accepted', 0x24, 'amqp:accepted:list', {}, ACCEPTED)

export const rejected = composite<Rejected>('rejected', 0x25, 'amqp:rejected:list', {
  error: [error],
})

export const released = composite<Released>('released', 0x26, 'amqp:released:list', {}, RELEASED)

export const modified = composite<Modified>('modified', 0x27, 'amqp:modified:list', {
  deliveryFailed: ['boolean'],
  undeliverableHere: ['boolean'],
  messageAnnotations: ['fields'],
})

export const declared = composite<Declared>('declared', 0x33, 'amqp:declared:list', {
  txnId: ['*', TXN_ID, MANDATORY],
})

/** What a field that requires an outcome may hold. */
export const OUTCOME: FieldType<Outcome | AMQPDescribed> = oneOf<Outcome>('outcome', [
  accepted,
  rejected,
  released,
  modified,
  declared,
])

export const transactionalState = composite<TransactionalState>(
  'transactional-state',
  0x34,
  'amqp:transactional-state:list',
  {
    txnId: ['*', TXN_ID, MANDATORY],
    outcome: ['*', OUTCOME],
  },
)

/** What a field that requires a delivery state may hold. */
export const DELIVERY_STATE: FieldType<DeliveryState | AMQPDescribed> = oneOf<DeliveryState>(
  'delivery-state',
  [received, accepted, rejected, released, modified, declared, transactionalState],
)

/** Writes any delivery state, descriptor included. */
export function encodeDeliveryState(w: Writer, state: DeliveryState | AMQPDescribed): void {
  DELIVERY_STATE.encode(w, state, 'state')
}
