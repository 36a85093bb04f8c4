// What a composite must know of the types of its fields, and what it says when a field is none of its type.

import { DecodeError } from '../errors.js'
import { SYMBOL8, TYPE_OF_CODE } from './codes.js'
import type { Reader, Writer } from './cursor.js'
import { readName } from './names.js'
import { unknownConstructor } from './skip.js'

/** How the values of one type of the specification are read and written, constructor included. */
export interface FieldType<V> {
  /** The type's name in the specification; `*` for any type that provides {@link requires}. */
  readonly name: string
  readonly requires?: string | undefined
  /** @param field what is being read, for the error: `open.container-id` */
  decode(r: Reader, field: string): V
  /** @param path where the value comes from, for the error: `open.containerId` */
  encode(w: Writer, value: V, path: string): void
}

/** The error for a constructor, read just before, that cannot start a value of the type wanted. */
export function wrongFieldType(r: Reader, constructor: number, field: string, wanted: string): DecodeError {
  const found = TYPE_OF_CODE.get(constructor)
  if (found === undefined) return unknownConstructor(constructor, r.pos - 1)
  return new DecodeError('wrong-field-type', r.pos - 1, `${field} is of type ${found} where ${wanted} is due`)
}

/** The text of a symbol whose constructor was read. */
export function readSymbol(r: Reader, constructor: number): string {
  const size = constructor === SYMBOL8 ? r.u8() : r.u32()
  const at = r.takeSized(size)
  const text = readName(r.bytes, at, at + size)
  if (text === undefined)
    throw new DecodeError('invalid-symbol', at, `a symbol of ${size} bytes is not ASCII`)
  return text
}
