// Lock tokens. The same 16 bytes have two orders: as a uuid of AMQP in requests and answers, and as a GUID of .NET, its
// first three groups little endian, in the delivery-tag.

import { randomUUID } from 'node:crypto'
import { AMQPUuid } from '../../types/wrappers.js'

/** Index of each byte of the GUID in the uuid. */
const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const

/** A token nobody has, in the form of 36 characters. */
export function newLockToken(): string {
  return randomUUID()
}

/** The token as a delivery-tag. */
export function tagOf(token: string): Uint8Array {
  const { value } = new AMQPUuid(token)
  return Uint8Array.from(ORDER, (index) => value[index] as number)
}
