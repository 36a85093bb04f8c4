// Values by names, as application properties and annotations hold them [3.2.3–3.2.5, 3.2.10], read and written without
// the general codec of such maps. Whatever is not usual is left to that codec from the first byte on, so that results
// and errors are its own.

import { MAP8, MAP32, STRING8, SYMBOL8 } from '../types/codes.js'
import type { Reader, Writer } from '../types/cursor.js'
import { readValue } from '../types/decode.js'
import { writeValue } from '../types/encode.js'
import {
  type Fields,
  readAnnotations,
  readApplicationProperties,
  writeApplicationProperties,
} from '../types/maps.js'
import { readName } from '../types/names.js'
import type { AMQPInput, AMQPValue } from '../types/wrappers.js'
import { closeMap, openMap, writeBoolean, writeInt, writeString } from '../types/write.js'
import { utf8Decode } from '../util/bytes.js'
import { usualCount } from './usual.js'

type NamedValues = Readonly<Record<string, AMQPInput>>

/**
 * Writes application properties, the map alone.
 * @throws EncodeError naming the value that is of no simple type
 */
export function encodeApplicationProperties(w: Writer, properties: NamedValues): void {
  const start = w.pos
  if (writeUsual(w, properties)) return
  w.pos = start
  writeApplicationProperties(w, properties)
}

/** Reads application properties, the map alone. */
export function decodeApplicationProperties(r: Reader): Fields {
  const { pos, end } = r
  return readUsual(r) ?? readApplicationProperties(restart(r, pos, end))
}

/** Reads annotations, the map alone. */
export function decodeAnnotations(r: Reader, name: string): Fields {
  const { pos, end } = r
  return readUsual(r) ?? readAnnotations(restart(r, pos, end), name)
}

function restart(r: Reader, pos: number, end: number): Reader {
  r.reset(r.bytes, pos, end)
  return r
}

/** False when a value is not of the usual types, or something cannot be written. */
function writeUsual(w: Writer, properties: NamedValues): boolean {
  try {
    const mark = openMap(w)
    const names = Object.keys(properties)
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      const value = properties[name]
      writeString(w, name)
      switch (typeof value) {
        case 'string':
          writeString(w, value)
          break
        case 'boolean':
          writeBoolean(w, value)
          break
        case 'number':
          if ((value | 0) === value && value !== 0) writeInt(w, value)
          else writeValue(w, value)
          break
        case 'bigint':
          writeValue(w, value)
          break
        default:
          return false
      }
    }
    closeMap(w, mark, names.length)
    return true
  } catch {
    return false
  }
}

/** Undefined when something is not as it usually is, or cannot be read. */
function readUsual(r: Reader): Record<string, AMQPValue> | undefined {
  const values = Object.create(null) as Record<string, AMQPValue>
  try {
    r.descend(r.pos)
    const count = usualCount(r, MAP8, MAP32)
    if (count % 2 !== 0) return undefined
    for (let left = count; left > 0; left -= 2) {
      const name = readKey(r)
      if (name === undefined || name in values) return undefined
      values[name] = readUsualValue(r)
    }
  } catch {
    return undefined
  }
  r.depth--
  return r.pos === r.end ? values : undefined
}

/** A name of ASCII characters; undefined when something else comes. */
function readKey(r: Reader): string | undefined {
  const { bytes, pos } = r
  if (bytes[pos] !== STRING8 && bytes[pos] !== SYMBOL8) return undefined
  const start = pos + 2
  const end = start + (bytes[pos + 1] as number)
  if (!(end <= r.end)) return undefined
  r.pos = end
  return readName(bytes, start, end)
}

function readUsualValue(r: Reader): AMQPValue {
  const { bytes, pos } = r
  const start = pos + 2
  const end = start + (bytes[pos + 1] as number)
  if (bytes[pos] !== STRING8 || !(end <= r.end)) return readValue(r)
  r.pos = end
  return utf8Decode(bytes, start, end)
}
