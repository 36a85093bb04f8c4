// The composites of tests/vectors: into what a codec writes from, and compared with what a codec reads.

import type { Composite, FieldDefinition } from '../../lib/types/composite.js'
import { type AnyComposite, COMPOSITES } from '../../lib/types/known-composites.js'
import { AMQPUuid } from '../../lib/types/wrappers.js'
import {
  bytesOf,
  findDifference,
  readVectorFile,
  toWrapper,
  type ValueDescription,
} from '../support/vector-values.js'

export interface CompositeDescription {
  readonly name: string
  readonly fields: Readonly<Record<string, ValueDescription>>
}

export interface CompositeVector {
  readonly name: string
  readonly group: string
  readonly composite: CompositeDescription
  readonly hex: string
  readonly canonical: boolean
  readonly frame?: { readonly doff: number; readonly type: number; readonly empty?: boolean }
  readonly payloadHex?: string
  readonly payloadSections?: readonly ValueDescription[]
}

const MAPS = new Set(['fields', 'filter-set', 'node-properties'])

/** All vectors of one composite, in a frame or not. */
export function readCompositeVectors(): CompositeVector[] {
  const all = readVectorFile('vectors.json') as CompositeVector[]
  return all.filter((vector) => vector.composite !== undefined)
}

export function codecNamed(name: string): Composite<AnyComposite> {
  const codec = (COMPOSITES as readonly Composite<AnyComposite>[]).find((one) => one.name === name)
  if (codec === undefined) throw new TypeError(`no composite ${name}`)
  return codec
}

/** The composite in a described value; undefined when its descriptor is of none. */
export function compositeIn(description: ValueDescription): CompositeDescription | undefined {
  const { value } = description.descriptor as ValueDescription
  const codec = (COMPOSITES as readonly Composite<AnyComposite>[]).find(
    ({ code, symbol }) => symbol === value || String(code) === value,
  )
  if (codec === undefined) return undefined
  const { items = [] } = description.value as ValueDescription
  const fields: Record<string, ValueDescription> = {}
  items.forEach((item, i) => {
    if (item.type !== 'null') fields[(codec.fields[i] as FieldDefinition).name] = item
  })
  return { name: codec.name, fields }
}

/** What the codec of the composite writes from. */
export function toInput({ name, fields }: CompositeDescription): AnyComposite {
  const input: Record<string, unknown> = { kind: name }
  for (const field of codecNamed(name).fields) {
    const description = fields[field.name]
    if (description !== undefined && description.type !== 'null')
      input[field.key] = toField(field, description)
  }
  return input as unknown as AnyComposite
}

function toField(field: FieldDefinition, description: ValueDescription): unknown {
  const { items = [description], entries = [] } = description
  if (field.multiple) return items.map((item) => item.value)
  if (MAPS.has(field.type))
    return Object.fromEntries(entries.map(([key, value]) => [key.value, toEntry(value)]))
  if (field.type === 'map') return new Map(entries.map(([key, value]) => [key.value, toEntry(value)]))
  if (description.type === 'described') return toEntry(description)
  const wrapper = toWrapper(description)
  return wrapper instanceof AMQPUuid || description.type === 'timestamp' ? wrapper : wrapper.value
}

function toEntry(description: ValueDescription): unknown {
  const inner = description.type === 'described' ? compositeIn(description) : undefined
  if (inner !== undefined) return toInput(inner)
  return description.type === 'null' ? undefined : toWrapper(description)
}

/** Where a decoded composite is not the one described; undefined when it is. */
export function findCompositeDifference(decoded: unknown, wanted: CompositeDescription): string | undefined {
  const actual = decoded as Readonly<Record<string, unknown>>
  if (actual['kind'] !== wanted.name) return `${wanted.name} was decoded as ${actual['kind']}`
  const { fields } = codecNamed(wanted.name)
  const keys = ['kind', ...fields.map(({ key }) => key)].join()
  if (Object.keys(actual).join() !== keys)
    return `${wanted.name} has the properties ${Object.keys(actual)}, not ${keys}`
  for (const field of fields) {
    const path = `${wanted.name}.${field.name}`
    const difference = findFieldDifference(actual[field.key], field, wanted.fields[field.name], path)
    if (difference !== undefined) return difference
  }
  return undefined
}

function findFieldDifference(
  decoded: unknown,
  field: FieldDefinition,
  wanted: ValueDescription | undefined,
  path: string,
): string | undefined {
  if (wanted === undefined || wanted.type === 'null')
    return decoded === undefined ? undefined : `${path} is there`
  if (field.multiple) {
    const texts = (wanted.items ?? [wanted]).map((item) => item.value)
    return JSON.stringify(decoded) === JSON.stringify(texts) ? undefined : `${path} is ${decoded}`
  }
  if (MAPS.has(field.type)) return findRecordDifference(decoded, wanted, path)
  if (field.type === 'map') {
    const pairs = (wanted.entries ?? []).map(([key, value]) => [key.value, value] as const)
    return findPairsDifference([...(decoded as Map<unknown, unknown>)], pairs, path)
  }
  if (wanted.type === 'symbol') return decoded === wanted.value ? undefined : `${path} is ${decoded}`
  return findEntryDifference(decoded, wanted, path)
}

function findEntryDifference(decoded: unknown, wanted: ValueDescription, path: string): string | undefined {
  const inner = wanted.type === 'described' ? compositeIn(wanted) : undefined
  return inner === undefined
    ? findDifference(decoded, toWrapper(wanted), path)
    : findCompositeDifference(decoded, inner)
}

/** As for composites, for a map with names as keys: it must have no prototype, and the entries in their order. */
export function findRecordDifference(
  decoded: unknown,
  wanted: ValueDescription,
  path: string,
): string | undefined {
  if (Object.getPrototypeOf(decoded) !== null) return `${path} has a prototype`
  const pairs = (wanted.entries ?? []).map(([key, value]) => [String(key.value), value] as const)
  return findPairsDifference(Object.entries(decoded as object), pairs, path)
}

function findPairsDifference(
  decoded: readonly (readonly [unknown, unknown])[],
  wanted: readonly (readonly [unknown, ValueDescription])[],
  path: string,
): string | undefined {
  const keys = decoded.map(([key]) => key).join()
  if (keys !== wanted.map(([key]) => key).join()) return `${path} has the keys ${keys}`
  for (const [i, [key, value]] of wanted.entries()) {
    const item = decoded[i]?.[1]
    const none = value.type === 'null' && item === undefined
    const difference = none ? undefined : findEntryDifference(item, value, `${path}.${key}`)
    if (difference !== undefined) return difference
  }
  return undefined
}

/** Body of a frame: what follows its header and extended header. */
export function frameBody(hex: string): Uint8Array {
  const bytes = bytesOf(hex)
  return bytes.subarray(4 * (bytes[4] as number))
}
