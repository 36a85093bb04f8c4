// Integers of 8 to 64 bits and timestamps [1.6.3–1.6.10, 1.6.17]. Those of 64 bits hold a bigint, always.

import { AMQPType, kindOf } from './wrappers-base.js'

/** An unsigned integer of 8 bits. */
export class AMQPuByte extends AMQPType<number> {
  /** @throws RangeError when not an integer from 0 to 255 */
  constructor(value: number) {
    super(checkNumber('AMQPuByte', value, 0, 0xff))
  }
  get type(): 'ubyte' {
    return 'ubyte'
  }
}

/** An unsigned integer of 16 bits. */
export class AMQPuShort extends AMQPType<number> {
  /** @throws RangeError when not an integer from 0 to 65535 */
  constructor(value: number) {
    super(checkNumber('AMQPuShort', value, 0, 0xffff))
  }
  get type(): 'ushort' {
    return 'ushort'
  }
}

/** An unsigned integer of 32 bits. */
export class AMQPuInt extends AMQPType<number> {
  /** @throws RangeError when not an integer from 0 to 2^32 - 1 */
  constructor(value: number) {
    super(checkNumber('AMQPuInt', value, 0, 0xffffffff))
  }
  get type(): 'uint' {
    return 'uint'
  }
}

/** An unsigned integer of 64 bits. */
export class AMQPuLong extends AMQPType<bigint> {
  /**
   * @param value a bigint, or a safe integer
   * @throws RangeError when not an integer from 0 to 2^64 - 1, or a number beyond the safe integers
   */
  constructor(value: bigint | number) {
    super(checkBigint('AMQPuLong', value, 0n, 0xffffffffffffffffn))
  }
  get type(): 'ulong' {
    return 'ulong'
  }
}

/** An integer of 8 bits. */
export class AMQPByte extends AMQPType<number> {
  /** @throws RangeError when not an integer from -128 to 127 */
  constructor(value: number) {
    super(checkNumber('AMQPByte', value, -0x80, 0x7f))
  }
  get type(): 'byte' {
    return 'byte'
  }
}

/** An integer of 16 bits. */
export class AMQPShort extends AMQPType<number> {
  /** @throws RangeError when not an integer from -32768 to 32767 */
  constructor(value: number) {
    super(checkNumber('AMQPShort', value, -0x8000, 0x7fff))
  }
  get type(): 'short' {
    return 'short'
  }
}

/** An integer of 32 bits. */
export class AMQPInt extends AMQPType<number> {
  /** @throws RangeError when not an integer from -2^31 to 2^31 - 1 */
  constructor(value: number) {
    super(checkNumber('AMQPInt', value, -0x80000000, 0x7fffffff))
  }
  get type(): 'int' {
    return 'int'
  }
}

/** An integer of 64 bits. */
export class AMQPLong extends AMQPType<bigint> {
  /**
   * @param value a bigint, or a safe integer
   * @throws RangeError when not an integer from -2^63 to 2^63 - 1, or a number beyond the safe integers
   */
  constructor(value: bigint | number) {
    super(checkInt64('AMQPLong', value))
  }
  get type(): 'long' {
    return 'long'
  }
}

/** Milliseconds since 1970-01-01T00:00Z in 64 bits: far wider than what a Date can hold. */
export class AMQPTimestamp extends AMQPType<bigint> {
  /**
   * @param value milliseconds as a bigint or a safe integer, or a Date
   * @throws RangeError when not an integer from -2^63 to 2^63 - 1, or an invalid Date
   */
  constructor(value: bigint | number | Date) {
    super(checkInt64('AMQPTimestamp', value instanceof Date ? value.getTime() : value))
  }
  get type(): 'timestamp' {
    return 'timestamp'
  }
  /** The same moment as a Date; undefined beyond a Date's range. */
  toDate(): Date | undefined {
    const date = new Date(Number(this.value))
    return Number.isNaN(date.getTime()) ? undefined : date
  }
  override toString(): string {
    return this.toDate()?.toISOString() ?? `${this.value} ms`
  }
}

function checkInt64(owner: string, value: bigint | number): bigint {
  return checkBigint(owner, value, -0x8000000000000000n, 0x7fffffffffffffffn)
}

function checkNumber(owner: string, value: number, min: number, max: number): number {
  if (typeof value !== 'number') throw new TypeError(`${owner} takes a number, not ${kindOf(value)}`)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${owner} takes an integer from ${min} to ${max}, not ${value}`)
  }
  return value === 0 ? 0 : value
}

function checkBigint(owner: string, value: bigint | number, min: bigint, max: bigint): bigint {
  if (typeof value !== 'bigint' && typeof value !== 'number') {
    throw new TypeError(`${owner} takes a bigint or a safe integer, not ${kindOf(value)}`)
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new RangeError(`${owner} takes a bigint or a safe integer, not ${value}`)
  }
  const integer = BigInt(value)
  if (integer < min || integer > max) {
    throw new RangeError(`${owner} takes an integer from ${min} to ${max}, not ${value}`)
  }
  return integer
}
