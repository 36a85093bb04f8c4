// What the tests of messages share: messages as other implementations wrote them, and a delivery to settle.

import type { ExecutionContext } from 'ava'
import { DecodeError } from '../../lib/errors.js'
import type { Settlement } from '../../lib/message/settlement.js'
import { Writer } from '../../lib/types/cursor.js'
import type { DeliveryState } from '../../lib/types/messaging.js'
import type { WaitOptions } from '../../lib/util/deferred.js'
import { readVectorFile, type ValueDescription } from '../support/vector-values.js'

/** A section, described: a list, a map, bytes or any value behind a descriptor. */
export interface SectionDescription {
  readonly descriptor: ValueDescription
  readonly value: ValueDescription
}

export interface MessageVector {
  readonly name: string
  readonly hex: string
  readonly canonical: boolean
  readonly sections: readonly SectionDescription[]
}

interface AnyVector {
  readonly name: string
  readonly group: string
  readonly hex: string
  readonly canonical: boolean
  readonly sections?: readonly SectionDescription[]
  readonly value?: SectionDescription
}

/** Whole messages, or single sections as messages of one. */
export function readMessageVectors(group: 'message' | 'section'): MessageVector[] {
  const all = (readVectorFile('vectors.json') as AnyVector[]).filter((vector) => vector.group === group)
  return all.map(({ name, hex, canonical, sections, value }) => ({
    name,
    hex,
    canonical,
    sections: sections ?? (value === undefined ? [] : [value]),
  }))
}

export class FakeSettlement implements Settlement {
  readonly deliveryTag = new Uint8Array([0xca, 0xfe])
  readonly address = 'orders'
  readonly states: DeliveryState[] = []
  readonly options: (WaitOptions | undefined)[] = []
  settled = false

  get told(): DeliveryState['kind'] | undefined {
    return this.states.at(-1)?.kind
  }

  settle(state: DeliveryState, options?: WaitOptions): Promise<void> {
    this.states.push(state)
    this.options.push(options)
    this.settled = true
    return Promise.resolve()
  }
}

/** The bytes that a message is sent as. */
export function sentBytes(message: { encodeTo(w: Writer): void }): Uint8Array {
  const w = new Writer(16)
  message.encodeTo(w)
  return w.written()
}

/** The DecodeError that something throws. */
export function decodeErrorOf(t: ExecutionContext, run: () => unknown): DecodeError {
  return t.throws(run, { instanceOf: DecodeError }) as DecodeError
}

/** One chunk with what the pieces of hexadecimal digits say. */
export function chunk(...pieces: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.from(pieces.join('').replaceAll(' ', ''), 'hex'))
}
