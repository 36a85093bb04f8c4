// The unsettled map of an attach [2.7.3]: delivery tags, which are binary, to the states that deliveries were left in.

import { EncodeError } from '../errors.js'
import { fromHex, toHex } from '../util/bytes.js'
import { MAP8, MAP32, NULL } from './codes.js'
import type { DeliveryState } from './delivery-states.js'
import { DELIVERY_STATE } from './delivery-states.js'
import type { FieldType } from './field-type.js'
import { wrongFieldType } from './field-type.js'
import { FIELD_TYPES } from './field-types.js'
import { enterMap, leaveCompound } from './skip.js'
import type { AMQPDescribed } from './wrappers.js'
import { kindOf } from './wrappers.js'
import { closeMap, openMap, writeBinary, writeNull } from './write.js'

/** Delivery tags in lower-case hexadecimal, with the last known state; undefined where there is none yet. */
export type UnsettledMap = ReadonlyMap<string, DeliveryState | AMQPDescribed | undefined>

export const UNSETTLED: FieldType<UnsettledMap> = {
  name: 'map',

  decode(r, field) {
    const constructor = r.u8()
    if (constructor !== MAP8 && constructor !== MAP32) throw wrongFieldType(r, constructor, field, 'map')
    const { end } = r
    const count = enterMap(r, constructor === MAP32)
    const states = new Map<string, DeliveryState | AMQPDescribed | undefined>()
    for (let i = 0; i < count; i += 2) {
      const tag = toHex(FIELD_TYPES.binary.decode(r, `a key of ${field}`))
      const none = r.bytes[r.pos] === NULL && r.pos < r.end
      if (none) r.pos++
      states.set(tag, none ? undefined : DELIVERY_STATE.decode(r, `a value of ${field}`))
    }
    leaveCompound(r, end)
    return states
  },

  encode(w, states, path) {
    if (!(states instanceof Map)) throw new EncodeError(path, `a Map is due, not ${kindOf(states)}`)
    const mark = openMap(w)
    for (const [tag, state] of states as UnsettledMap) {
      writeBinary(w, tagBytes(tag, path))
      if (state === undefined) writeNull(w)
      else DELIVERY_STATE.encode(w, state, `${path}[${tag}]`)
    }
    closeMap(w, mark, states.size)
  },
}

function tagBytes(tag: string, path: string): Uint8Array {
  try {
    return fromHex(tag)
  } catch {
    throw new EncodeError(path, `the key ${JSON.stringify(tag)} is no delivery tag in hexadecimal`)
  }
}
