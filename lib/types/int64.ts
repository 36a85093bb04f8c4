// 64-bit integers in two halves. Storing a bigint in a typed array and reading its halves back costs a fraction of what
// DataView's own bigint access does, on every V8 so far; small ones are made from a number for the same reason.

const word = new BigInt64Array(1)
const unsignedWord = new BigUint64Array(word.buffer)
const halves = new Int32Array(word.buffer)
/** How many integers are read together. */
const BATCH = 128
const words = new BigInt64Array(BATCH)
const unsignedWords = new BigUint64Array(words.buffer)
const wordHalves = new Int32Array(words.buffer)
/** Where the platform keeps the less significant half. */
const LOW = findLow()
const HIGH = 1 - LOW
const TWO_32 = 0x100000000
/** What {@link toByte} says of integers that need more than a byte. */
export const TOO_LARGE = 0x100

/** Writes the low 64 bits of an integer: a bigint, or a safe integer. */
export function putInt64(view: DataView, at: number, value: bigint | number): void {
  if (typeof value === 'bigint') {
    word[0] = value
    view.setInt32(at, halves[HIGH] as number)
    view.setInt32(at + 4, halves[LOW] as number)
  } else {
    view.setInt32(at, Math.floor(value / TWO_32))
    view.setInt32(at + 4, value)
  }
}

/** The integer if one byte, signed or not, can hold it; else {@link TOO_LARGE}. */
export function toByte(value: bigint | number, signed: boolean): number {
  let low = value as number
  if (typeof value === 'bigint') {
    word[0] = value
    low = halves[LOW] as number
    if (halves[HIGH] !== (signed ? low >> 31 : 0)) return TOO_LARGE
  }
  return signed ? (low >= -128 && low <= 127 ? low : TOO_LARGE) : low >= 0 && low <= 255 ? low : TOO_LARGE
}

export function getInt64(view: DataView, at: number): bigint {
  const high = view.getInt32(at)
  const low = view.getInt32(at + 4)
  if (high === low >> 31) return BigInt(low)
  halves[HIGH] = high
  halves[LOW] = low
  return word[0] as bigint
}

export function getUint64(view: DataView, at: number): bigint {
  const high = view.getInt32(at)
  const low = view.getInt32(at + 4)
  if (high === 0 && low >= 0) return BigInt(low)
  halves[HIGH] = high
  halves[LOW] = low
  return unsignedWord[0] as bigint
}

/**
 * As many integers as are asked for, one after the other. Halves are stored for many before the first is read whole: a
 * processor that reads at once what it has just written in parts must wait for it.
 */
export function getInt64s(view: DataView, start: number, count: number, signed: boolean): bigint[] {
  const values = new Array<bigint>(count)
  const whole = signed ? words : unsignedWords
  let at = start
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from)
    for (let i = 0; i < 2 * size; i += 2, at += 8) {
      wordHalves[i + HIGH] = view.getInt32(at)
      wordHalves[i + LOW] = view.getInt32(at + 4)
    }
    for (let i = 0; i < size; i++) {
      const low = wordHalves[2 * i + LOW] as number
      const small = wordHalves[2 * i + HIGH] === low >> 31 && (signed || low >= 0)
      values[from + i] = small ? BigInt(low) : (whole[i] as bigint)
    }
  }
  return values
}

/** True for what a signed integer of 64 bits can hold; numbers must be safe integers. */
export function isInt64(value: bigint | number): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  word[0] = value
  return word[0] === value
}

/** True for what an unsigned integer of 64 bits can hold; numbers must be safe integers. */
export function isUint64(value: bigint | number): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0
  unsignedWord[0] = value
  return unsignedWord[0] === value
}

function findLow(): number {
  word[0] = 1n
  return halves[0] === 1 ? 0 : 1
}
