// Any value as one readable line, in the specification's words: for traces, error messages and failing tests.
// Invariant: one line, of bounded width for texts and bytes; what SASL frames carry as proof is counted, never shown.

import { toHex } from '../util/bytes.js'
import type { FieldDefinition } from './composite.js'
import { MAX_DEPTH } from './cursor.js'
import { compositeOf } from './known-composites.js'
import { AMQPArray, AMQPDescribed, AMQPType, kindOf } from './wrappers.js'

/** Bytes and characters shown of what is longer. */
const SHOWN_BYTES = 32
const SHOWN_CHARACTERS = 256

/** A symbol that cannot be taken for anything else. */
const PLAIN_SYMBOL = /^[\w.:;/+*$%&@#!?~^|\\`-]+$/
// What JSON leaves unescaped although it moves the cursor or starts a line.
const UNSEEN = /[\u007f-\u009f\u2028\u2029\ufeff]/g

/** The choices of restricted types, by the numbers that stand for them [2.8.1–2.8.3, 3.5.5, 5.3.3.6]. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  role: ['sender', 'receiver'],
  'sender-settle-mode': ['unsettled', 'settled', 'mixed'],
  'receiver-settle-mode': ['first', 'second'],
  'terminus-durability': ['none', 'configuration', 'unsettled-state'],
  'sasl-code': ['ok', 'auth', 'sys', 'sys-perm', 'sys-temp'],
}
const SYMBOLS: ReadonlySet<string> = new Set(['symbol', 'ietf-language-tag', 'terminus-expiry-policy'])
const SECRETS: ReadonlySet<string> = new Set(['initialResponse', 'challenge', 'response', 'additionalData'])

/** Any AMQP value, wrapped or not, and any composite, as one line. */
export function inspect(value: unknown): string {
  return show(value, [])
}

/** A composite as one line: `attach(name="x", handle=0, role=sender, source=source(address="q"))`. */
export function inspectComposite(composite: { readonly kind: string }): string {
  return showComposite(composite, [])
}

type Outer = readonly unknown[]

function show(value: unknown, outer: Outer): string {
  switch (typeof value) {
    case 'undefined':
      return 'null'
    case 'string':
      return quote(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'object':
      return value === null ? 'null' : showObject(value, outer)
    case 'boolean':
    case 'bigint':
      return String(value)
    default:
      return `<${typeof value}>`
  }
}

function showObject(value: object, outer: Outer): string {
  if (outer.length > MAX_DEPTH || outer.includes(value)) return '…'
  const inner = [...outer, value]
  if (value instanceof Uint8Array) return showBytes(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '<invalid date>' : value.toISOString()
  if (value instanceof AMQPType) return showTyped(value, inner)
  if (Array.isArray(value)) return showItems(value, inner)
  if (value instanceof Map) return showEntries(value, inner)
  if ('kind' in value && typeof value.kind === 'string')
    return showComposite(value as { kind: string }, outer)
  return showEntries(Object.entries(value), inner)
}

function showTyped(wrapper: AMQPType, inner: Outer): string {
  if (wrapper instanceof AMQPDescribed)
    return `${show(wrapper.descriptor, inner)}(${show(wrapper.value, inner)})`
  if (wrapper instanceof AMQPArray) {
    const described = wrapper.descriptors.map((descriptor) => `${show(descriptor, inner)} `)
    return `${described.join('')}${wrapper.elementType}${showItems(wrapper.value, inner)}`
  }
  const value: unknown = wrapper.value
  switch (wrapper.type) {
    case 'symbol':
      return showSymbol(String(value))
    case 'char':
      return quote(String(value))
    case 'uuid':
    case 'timestamp':
    case 'decimal32':
    case 'decimal64':
    case 'decimal128':
      return wrapper.toString()
    default:
      return show(value, inner)
  }
}

function showItems(items: readonly unknown[], inner: Outer): string {
  return `[${items.map((item) => show(item, inner)).join(', ')}]`
}

function showEntries(entries: Iterable<readonly [unknown, unknown]>, inner: Outer): string {
  const shown: string[] = []
  for (const [key, value] of entries) shown.push(`${show(key, inner)}: ${show(value, inner)}`)
  return `{${shown.join(', ')}}`
}

function showComposite(value: { readonly kind: string }, outer: Outer): string {
  if (outer.length > MAX_DEPTH || outer.includes(value)) return '…'
  const inner = [...outer, value]
  const codec = compositeOf(value)
  const shown: string[] = []
  if (codec === undefined) {
    for (const [key, item] of Object.entries(value))
      if (key !== 'kind') shown.push(`${key}=${show(item, inner)}`)
    return `${value.kind}(${shown.join(', ')})`
  }
  const secretive = value.kind.startsWith('sasl-')
  for (const field of codec.fields) {
    const item = (value as Readonly<Record<string, unknown>>)[field.key]
    if (item === undefined || item === null) continue
    const secret = secretive && SECRETS.has(field.key)
    shown.push(`${field.name}=${secret ? showCount(item) : showField(field, item, inner)}`)
  }
  return `${value.kind}(${shown.join(', ')})`
}

function showField(field: FieldDefinition, item: unknown, inner: Outer): string {
  const choice = CHOICES[field.type]?.[Number(item)]
  if (choice !== undefined) return choice
  if (!SYMBOLS.has(field.type)) return show(item, inner)
  if (Array.isArray(item)) return `[${item.map((text) => showSymbol(String(text))).join(', ')}]`
  return showSymbol(String(item))
}

function showSymbol(text: string): string {
  return PLAIN_SYMBOL.test(text) && text.length <= SHOWN_CHARACTERS ? text : quote(text)
}

function showBytes(bytes: Uint8Array): string {
  if (bytes.length <= SHOWN_BYTES) return `0x${toHex(bytes)}`
  return `0x${toHex(bytes.subarray(0, SHOWN_BYTES))}…(${bytes.length} bytes)`
}

function showCount(secret: unknown): string {
  return secret instanceof Uint8Array ? '<secret>' : `<${kindOf(secret)}>`
}

function quote(text: string): string {
  if (text.length > SHOWN_CHARACTERS) {
    return `${quote(text.slice(0, SHOWN_CHARACTERS))}…(${text.length} characters)`
  }
  return JSON.stringify(text).replace(
    UNSEEN,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
