// Composites that can stand in the same place, told apart by their descriptors on the wire and by their kind in memory.

import { EncodeError } from '../errors.js'
import { DESCRIBED } from './codes.js'
import type { Composite, Input } from './composite.js'
import { readDescriptor } from './composite.js'
import type { Reader } from './cursor.js'
import { readValue } from './decode.js'
import { writeValue } from './encode.js'
import type { FieldType } from './field-type.js'
import { wrongFieldType } from './field-type.js'
import { AMQPDescribed, kindOf } from './wrappers.js'

interface Kind {
  readonly kind: string
}

/** The codec of one of the types in a union. */
export type CompositeOf<T extends Kind> = T extends Kind ? Composite<T> : never

export class CompositeSet<T extends Kind> {
  private readonly codecs = new Map<number | string, Composite<T>>()

  constructor(codecs: readonly CompositeOf<T>[]) {
    for (const codec of codecs as readonly Composite<T>[]) {
      this.codecs.set(codec.code, codec)
      this.codecs.set(codec.symbol, codec)
      this.codecs.set(codec.name, codec)
    }
  }

  /** The codec for the described value that comes next, if it is one of these. The reader stays where it is. */
  find(r: Reader): Composite<T> | undefined {
    const at = r.pos
    const descriptor = r.u8() === DESCRIBED ? readDescriptor(r) : undefined
    r.pos = at
    return descriptor === undefined ? undefined : this.codecs.get(descriptor)
  }

  /** The codec for the kind that a value in memory has. */
  of(value: unknown): Composite<T> | undefined {
    if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined
    return typeof value.kind === 'string' ? this.codecs.get(value.kind) : undefined
  }
}

/**
 * The type of a field that takes any composite which provides something. One that is not known is read as an
 * AMQPDescribed, since others may define more of them.
 */
export function oneOf<T extends Kind>(
  requires: string,
  codecs: readonly CompositeOf<T>[],
): FieldType<T | AMQPDescribed> {
  const known = new CompositeSet<T>(codecs)
  return {
    name: '*',
    requires,

    decode(r, field) {
      const codec = known.find(r)
      if (codec !== undefined) return codec.decode(r, field)
      const constructor = r.u8()
      if (constructor !== DESCRIBED) throw wrongFieldType(r, constructor, field, requires)
      r.pos--
      return readValue(r) as AMQPDescribed
    },

    encode(w, value, path) {
      const codec = known.of(value)
      if (codec !== undefined) codec.encode(w, value as unknown as Input<T>)
      else if (value instanceof AMQPDescribed) writeValue(w, value, path)
      else throw new EncodeError(path, `${kindOf(value)} is no ${requires}`)
    },
  }
}
