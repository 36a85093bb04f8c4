// IEEE 754-2008 decimal floating point in the binary integer encoding, which the decimal types use [1.6.13–1.6.15]:
// a sign, an exponent of ten and an integer coefficient. Conversion to and from text is exact; nothing is rounded.

/** Sizes and ranges of one of the three interchange formats. */
export interface DecimalFormat {
  readonly bytes: number
  /** Most decimal digits of a coefficient. */
  readonly precision: number
  readonly exponentBits: number
  /** What is added to an exponent to store it. */
  readonly bias: number
}

export const DECIMAL32_FORMAT: DecimalFormat = { bytes: 4, precision: 7, exponentBits: 8, bias: 101 }
export const DECIMAL64_FORMAT: DecimalFormat = { bytes: 8, precision: 16, exponentBits: 10, bias: 398 }
export const DECIMAL128_FORMAT: DecimalFormat = { bytes: 16, precision: 34, exponentBits: 14, bias: 6176 }

const FINITE = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i
const SPECIAL = /^([+-]?)(?:(inf(?:inity)?)|(s?)nan(\d*))$/i

/** The five bits after the sign that stand for no number. */
const INFINITY = 0b11110n
const NOT_A_NUMBER = 0b11111n

/**
 * The bytes of a number written in digits, with or without point and exponent, or of `Infinity`, `NaN` or `sNaN` (with a
 * payload in digits, if any). Trailing zeros count: `1.0` and `1.00` are equal numbers, but not the same bytes.
 * @throws RangeError when the text is something else, or not exactly representable
 */
export function decimalFromText(text: string, format: DecimalFormat): Uint8Array {
  const special = SPECIAL.exec(text)
  if (special !== null) return specialFromText(special, text, format)
  const parts = FINITE.exec(text)
  const whole = parts?.[2] ?? ''
  const fraction = parts?.[3] ?? ''
  if (parts === null || whole + fraction === '')
    throw new RangeError(`${JSON.stringify(text)} is not a decimal number`)
  const { digits, exponent } = fit(whole + fraction, Number(parts[4] ?? 0) - fraction.length, text, format)
  const negative = parts[1] === '-'
  return pack(negative, BigInt(exponent + format.bias), BigInt(digits), format)
}

/** The number as text from which the same bytes can be made again, unless they were not canonical. */
export function decimalToText(bytes: Uint8Array, format: DecimalFormat): string {
  const number = toInteger(bytes)
  const bits = BigInt(8 * format.bytes)
  const sign = number >> (bits - 1n) === 0n ? '' : '-'
  const combination = (number >> (bits - 6n)) & 0b11111n
  if (combination === INFINITY) return `${sign}Infinity`
  if (combination === NOT_A_NUMBER) {
    const signaling = (number >> (bits - 7n)) & 1n
    const payload = number & lowBits(payloadBits(format))
    const known = payload > 0n && payload < 10n ** BigInt(format.precision - 1)
    return `${sign}${signaling === 1n ? 'sNaN' : 'NaN'}${known ? payload : ''}`
  }
  const { exponent, coefficient } = unpack(number, combination, format)
  return sign + scientific(coefficient.toString(), Number(exponent) - format.bias)
}

/** Digits and exponent that the format can hold and that mean the same number. */
function fit(
  given: string,
  givenExponent: number,
  text: string,
  format: DecimalFormat,
): { digits: string; exponent: number } {
  const lowest = -format.bias
  const highest = 3 * 2 ** (format.exponentBits - 2) - 1 - format.bias
  let digits = given.replace(/^0+(?=.)/, '')
  let exponent = givenExponent
  if (digits === '0') return { digits, exponent: Math.min(Math.max(exponent, lowest), highest) }
  const surplus = Math.max(digits.length - format.precision, lowest - exponent, 0)
  if (surplus > 0) {
    const kept = digits.length - surplus
    if (kept < 1 || /[^0]/.test(digits.slice(kept))) throw inexact(text, format)
    digits = digits.slice(0, kept)
    exponent += surplus
  }
  const missing = Math.max(exponent - highest, 0)
  if (digits.length + missing > format.precision) throw inexact(text, format)
  return { digits: digits + '0'.repeat(missing), exponent: exponent - missing }
}

function specialFromText(match: RegExpExecArray, text: string, format: DecimalFormat): Uint8Array {
  const bits = BigInt(8 * format.bytes)
  const sign = match[1] === '-' ? 1n << (bits - 1n) : 0n
  if (match[2] !== undefined) return toBytes(sign | (INFINITY << (bits - 6n)), format.bytes)
  const payload = (match[4] ?? '').replace(/^0+/, '')
  if (payload.length > format.precision - 1) throw inexact(text, format)
  const signaling = match[3] === '' ? 0n : 1n << (bits - 7n)
  return toBytes(sign | (NOT_A_NUMBER << (bits - 6n)) | signaling | BigInt(payload), format.bytes)
}

/** A coefficient that needs one bit more than there are has its three top bits implied, as 100. */
function pack(negative: boolean, exponent: bigint, coefficient: bigint, format: DecimalFormat): Uint8Array {
  const bits = BigInt(8 * format.bytes)
  const width = coefficientBits(format)
  const sign = negative ? 1n << (bits - 1n) : 0n
  const number =
    coefficient >> width === 0n
      ? (exponent << width) | coefficient
      : (0b11n << (bits - 3n)) | (exponent << (width - 2n)) | (coefficient & lowBits(width - 2n))
  return toBytes(sign | number, format.bytes)
}

function unpack(
  number: bigint,
  combination: bigint,
  format: DecimalFormat,
): { exponent: bigint; coefficient: bigint } {
  const width = coefficientBits(format)
  const long = combination >> 3n === 0b11n
  const shift = long ? width - 2n : width
  const exponent = (number >> shift) & lowBits(BigInt(format.exponentBits))
  const coefficient = (number & lowBits(shift)) | (long ? 0b100n << shift : 0n)
  // More digits than the format has mean zero.
  return { exponent, coefficient: coefficient < 10n ** BigInt(format.precision) ? coefficient : 0n }
}

/** Plain digits where that needs no more than six zeros in front, else one digit, point and exponent. */
function scientific(digits: string, exponent: number): string {
  const adjusted = exponent + digits.length - 1
  if (exponent <= 0 && adjusted >= -6) {
    if (exponent === 0) return digits
    const padded = digits.padStart(1 - exponent, '0')
    return `${padded.slice(0, exponent)}.${padded.slice(exponent)}`
  }
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  return `${digits.slice(0, 1)}${fraction}E${adjusted < 0 ? '' : '+'}${adjusted}`
}

function inexact(text: string, format: DecimalFormat): RangeError {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
  return new RangeError(`${shown} cannot be held exactly by ${8 * format.bytes} bits`)
}

function coefficientBits(format: DecimalFormat): bigint {
  return BigInt(8 * format.bytes - 1 - format.exponentBits)
}

function payloadBits(format: DecimalFormat): bigint {
  return coefficientBits(format) - 3n
}

function lowBits(count: bigint): bigint {
  return (1n << count) - 1n
}

function toInteger(bytes: Uint8Array): bigint {
  let number = 0n
  for (const byte of bytes) number = (number << 8n) | BigInt(byte)
  return number
}

function toBytes(number: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let rest = number
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}
