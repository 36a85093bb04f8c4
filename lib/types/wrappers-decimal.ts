// Decimal floating point numbers of 32, 64 and 128 bits [1.6.13–1.6.15], held as their bytes.
// Text goes in and comes out without rounding. Equality is that of the bytes: 1.0 and 1.00 are equal numbers that differ.

import type { DecimalFormat } from './decimal.js'
import {
  DECIMAL32_FORMAT,
  DECIMAL64_FORMAT,
  DECIMAL128_FORMAT,
  decimalFromText,
  decimalToText,
} from './decimal.js'
import { AMQPType, kindOf } from './wrappers-base.js'

/** A decimal number of up to 7 digits, from 1E-101 to 9.999999E+96. */
export class AMQPDecimal32 extends AMQPType<Uint8Array> {
  /**
   * @param value its 4 bytes, which are copied, or the number in digits, such as `-12.50` or `1E+3`
   * @throws RangeError when the format cannot hold exactly that number
   */
  constructor(value: Uint8Array | string) {
    super(decimalBytes('AMQPDecimal32', value, DECIMAL32_FORMAT))
  }
  get type(): 'decimal32' {
    return 'decimal32'
  }
  /** The number in digits, exactly. */
  override toString(): string {
    return decimalToText(this.value, DECIMAL32_FORMAT)
  }
}

/** A decimal number of up to 16 digits, from 1E-398 to 9.999999999999999E+384. */
export class AMQPDecimal64 extends AMQPType<Uint8Array> {
  /**
   * @param value its 8 bytes, which are copied, or the number in digits, such as `-12.50` or `1E+3`
   * @throws RangeError when the format cannot hold exactly that number
   */
  constructor(value: Uint8Array | string) {
    super(decimalBytes('AMQPDecimal64', value, DECIMAL64_FORMAT))
  }
  get type(): 'decimal64' {
    return 'decimal64'
  }
  /** The number in digits, exactly. */
  override toString(): string {
    return decimalToText(this.value, DECIMAL64_FORMAT)
  }
}

/** A decimal number of up to 34 digits, from 1E-6176 to 9.99…E+6144. */
export class AMQPDecimal128 extends AMQPType<Uint8Array> {
  /**
   * @param value its 16 bytes, which are copied, or the number in digits, such as `-12.50` or `1E+3`
   * @throws RangeError when the format cannot hold exactly that number
   */
  constructor(value: Uint8Array | string) {
    super(decimalBytes('AMQPDecimal128', value, DECIMAL128_FORMAT))
  }
  get type(): 'decimal128' {
    return 'decimal128'
  }
  /** The number in digits, exactly. */
  override toString(): string {
    return decimalToText(this.value, DECIMAL128_FORMAT)
  }
}

function decimalBytes(owner: string, value: Uint8Array | string, format: DecimalFormat): Uint8Array {
  if (typeof value === 'string') return decimalFromText(value, format)
  if (!(value instanceof Uint8Array)) {
    throw new TypeError(`${owner} takes a Uint8Array or a string, not ${kindOf(value)}`)
  }
  if (value.length !== format.bytes)
    throw new RangeError(`${owner} takes ${format.bytes} bytes, not ${value.length}`)
  return new Uint8Array(value)
}
