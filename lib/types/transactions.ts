// Transactions [4.5]: the coordinator as a target, what is said to it, and the two delivery states they add.

import { composite, MANDATORY, MULTIPLE } from './composite.js'
import { GLOBAL_TX_ID, TXN_ID } from './field-types.js'
import type { AMQPValue } from './wrappers.js'

export type { Declared, TransactionalState } from './delivery-states.js'
export { declared, transactionalState } from './delivery-states.js'

/** Target of a control link [4.5.1]. */
export interface Coordinator {
  readonly kind: 'coordinator'
  /** `amqp:local-transactions` and its kin. */
  readonly capabilities?: readonly string[] | undefined
}

/** Message body that asks for a transaction [4.5.2]. */
export interface Declare {
  readonly kind: 'declare'
  /** Set for a part of a distributed transaction only. */
  readonly globalId?: AMQPValue | undefined
}

/** Message body that ends a transaction [4.5.3]. */
export interface Discharge {
  readonly kind: 'discharge'
  readonly txnId: Uint8Array
  /** True rolls back; false or absent commits. */
  readonly fail?: boolean | undefined
}

export const coordinator = composite<Coordinator>('coordinator', 0x30, 'amqp:coordinator:list', {
  capabilities: ['symbol', MULTIPLE],
})

export const declare = composite<Declare>('declare', 0x31, 'amqp:declare:list', {
  globalId: ['*', GLOBAL_TX_ID],
})

export const discharge = composite<Discharge>('discharge', 0x32, 'amqp:discharge:list', {
  txnId: ['*', TXN_ID, MANDATORY],
  fail: ['boolean'],
})
