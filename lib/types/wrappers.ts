// All wrapper classes in one place, and the type of what decoding gives [1.6].

import type { AMQPArray } from './wrappers-array.js'
import type { AMQPDescribed } from './wrappers-compounds.js'
import type { AMQPDecimal32, AMQPDecimal64, AMQPDecimal128 } from './wrappers-decimal.js'
import type {
  AMQPByte,
  AMQPInt,
  AMQPLong,
  AMQPShort,
  AMQPTimestamp,
  AMQPuByte,
  AMQPuInt,
  AMQPuLong,
  AMQPuShort,
} from './wrappers-integers.js'
import type { AMQPChar, AMQPDouble, AMQPFloat, AMQPString, AMQPSymbol, AMQPUuid } from './wrappers-texts.js'

export { AMQPArray, wrap } from './wrappers-array.js'
export { type AMQPInput, type AMQPInputObject, AMQPType, kindOf } from './wrappers-base.js'
export { AMQPDescribed, AMQPList, AMQPMap, typed } from './wrappers-compounds.js'
export { AMQPDecimal32, AMQPDecimal64, AMQPDecimal128 } from './wrappers-decimal.js'
export {
  AMQPByte,
  AMQPInt,
  AMQPLong,
  AMQPShort,
  AMQPTimestamp,
  AMQPuByte,
  AMQPuInt,
  AMQPuLong,
  AMQPuShort,
} from './wrappers-integers.js'
export {
  AMQPBinary,
  AMQPBoolean,
  AMQPChar,
  AMQPDouble,
  AMQPFloat,
  AMQPNull,
  AMQPString,
  AMQPSymbol,
  AMQPUuid,
} from './wrappers-texts.js'

/**
 * What decoding gives: JavaScript's own values where they exist, wrappers for the other types. 64-bit integers are
 * bigints, always; binary values are views of the input; a timestamp beyond a Date's range stays an AMQPTimestamp.
 */
export type AMQPValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | AMQPTimestamp
  | AMQPSymbol
  | AMQPChar
  | AMQPUuid
  | AMQPDecimal32
  | AMQPDecimal64
  | AMQPDecimal128
  | AMQPDescribed<AMQPValue, AMQPValue>
  | AMQPArray<AMQPValue>
  | AMQPValue[]
  | Map<AMQPMapKey, AMQPValue>

/**
 * A key of a decoded map. Symbols are strings. Where two keys of different types would be the same JavaScript value,
 * the later one stays in the wrapper of its type.
 */
export type AMQPMapKey =
  | AMQPValue
  | AMQPString
  | AMQPuByte
  | AMQPuShort
  | AMQPuInt
  | AMQPuLong
  | AMQPByte
  | AMQPShort
  | AMQPInt
  | AMQPLong
  | AMQPFloat
  | AMQPDouble
