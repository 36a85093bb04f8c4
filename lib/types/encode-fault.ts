// Why a value cannot be encoded, and where in it. Runs only after encoding has failed, so that encoding itself need not
// keep track of where it is.

import { EncodeError } from '../errors.js'
import { MAX_DEPTH } from './cursor.js'
import { findTwin } from './map-keys.js'
import { AMQPArray } from './wrappers-array.js'
import type { AMQPInput } from './wrappers-base.js'
import { AMQPType } from './wrappers-base.js'
import { AMQPDescribed, AMQPList, AMQPMap, isPlainObject, render, typed } from './wrappers-compounds.js'

type Child = readonly [path: string, value: AMQPInput]

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** The error for a value that could not be encoded; `cause` is what the encoder met, if it said so. */
export function findFault(value: AMQPInput, path: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : 'a value that changed while it was being encoded'
  return search(value, path, 0, []) ?? new EncodeError(path, reason)
}

function search(value: AMQPInput, path: string, depth: number, outer: readonly unknown[]): Error | undefined {
  const children = childrenOf(value, path)
  if (children === undefined) return leafFault(value, path)
  if (outer.includes(value)) return new EncodeError(path, 'a value that contains itself cannot be encoded')
  const levels = value instanceof AMQPArray ? 1 + value.descriptors.length : 1
  if (depth + levels > MAX_DEPTH) return new EncodeError(path, `more than ${MAX_DEPTH} levels of nesting`)
  const around = [...outer, value]
  for (const [childPath, child] of children) {
    const fault = search(child, childPath, depth + levels, around)
    if (fault !== undefined) return fault
  }
  return twinFault(value, path)
}

function leafFault(value: AMQPInput, path: string): Error | undefined {
  try {
    typed(value)
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (typeof value !== 'bigint') return new EncodeError(path, message)
    return new RangeError(path === '' ? message : `${message} (at ${path})`)
  }
}

function twinFault(value: AMQPInput, path: string): Error | undefined {
  const map = value instanceof AMQPMap ? value.value : value
  if (!(map instanceof Map)) return undefined
  const twin: AMQPInput = findTwin(map.keys() as Iterable<AMQPInput>)
  return twin === undefined ? undefined : new EncodeError(path, `two keys of a map are ${render(twin, 0)}`)
}

/** The values within a value; undefined when it is not of a kind that has any. */
function childrenOf(value: AMQPInput, path: string): Child[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return items(value as readonly AMQPInput[], path)
  if (value instanceof AMQPList) return items(value.value as readonly AMQPInput[], path)
  if (value instanceof AMQPArray) {
    return [...items(value.descriptors, join(path, 'descriptors')), ...items(value.value, path)]
  }
  if (value instanceof AMQPMap) return entries(value.value as ReadonlyMap<AMQPInput, AMQPInput>, path)
  if (value instanceof AMQPDescribed) {
    return [
      [join(path, 'descriptor'), value.descriptor as AMQPInput],
      [join(path, 'value'), value.value as AMQPInput],
    ]
  }
  if (value instanceof Map) return entries(value as ReadonlyMap<AMQPInput, AMQPInput>, path)
  if (value instanceof AMQPType || !isPlainObject(value)) return undefined
  return Object.keys(value).map((key) => [join(path, key), value[key]])
}

function items(values: readonly AMQPInput[], path: string): Child[] {
  return Array.from(values, (value, i) => [`${path}[${i}]`, value] as const)
}

function entries(map: ReadonlyMap<AMQPInput, AMQPInput>, path: string): Child[] {
  const children: Child[] = []
  let place = 0
  for (const [key, value] of map) {
    children.push([`${path === '' ? '' : `${path}.`}key(${place++})`, key])
    children.push([typeof key === 'string' ? join(path, key) : `${path}[${nameOf(key)}]`, value])
  }
  return children
}

function nameOf(key: AMQPInput): string {
  try {
    return render(key, 0)
  } catch {
    return '?'
  }
}

function join(path: string, key: string): string {
  if (!IDENTIFIER.test(key)) return `${path}[${JSON.stringify(key)}]`
  return path === '' ? key : `${path}.${key}`
}
