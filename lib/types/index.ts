// What `amqp1/types` exports: the codec alone.

export type { AMQPTypeName } from './codes.js'
export type { Composite, Input } from './composite.js'
export { type DecodeLimits, Reader, Writer } from './cursor.js'
export { type AMQPMapKey, type AMQPValue, decode, readValue, skipValue } from './decode.js'
export { decodeTyped } from './decode-typed.js'
export { encode, writeValue } from './encode.js'
export { inspect, inspectComposite } from './inspect.js'
export { type AnyComposite, readComposite } from './known-composites.js'
export * from './messaging.js'
export { decodePerformative, encodePerformative } from './performative.js'
export * from './security.js'
export * from './transactions.js'
export * from './transport.js'
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
