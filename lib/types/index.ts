// What `amqp1/types` exports: the codec alone.

export type { AMQPTypeName } from './codes.js'
export type { DecodeLimits } from './cursor.js'
export { type AMQPMapKey, type AMQPValue, decode } from './decode.js'
export { decodeTyped } from './decode-typed.js'
export { encode } from './encode.js'
export {
  AMQPArray,
  AMQPBinary,
  AMQPBoolean,
  AMQPByte,
  AMQPChar,
  AMQPDecimal32,
  AMQPDecimal64,
  AMQPDecimal128,
  AMQPDescribed,
  AMQPDouble,
  AMQPFloat,
  type AMQPInput,
  type AMQPInputObject,
  AMQPInt,
  AMQPList,
  AMQPLong,
  AMQPMap,
  AMQPNull,
  AMQPShort,
  AMQPString,
  AMQPSymbol,
  AMQPTimestamp,
  AMQPType,
  AMQPUuid,
  AMQPuByte,
  AMQPuInt,
  AMQPuLong,
  AMQPuShort,
} from './wrappers.js'
