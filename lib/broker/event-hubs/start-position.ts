// Where a receiver begins, by the filter `apache.org:selector-filter:string` of its source: a comparison of offset,
// sequence number or enqueued time with a constant. What is not understood is refused, never passed over.

import type { Fields } from '../../types/messaging.js'
import { AMQPDescribed } from '../../types/wrappers.js'
import type { EventPlace } from './event.js'
import { refusal } from './refusal.js'

const SELECTOR = 'apache.org:selector-filter:string'
/** Its name, and the code that Azure's clients for JavaScript write. */
const DESCRIPTORS: readonly string[] = [SELECTOR, String(0x0000468c00000004)]
const COMPARISON =
  /^\s*amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*(?:'([^']*)'|([^\s']+))\s*$/
const WHOLE_NUMBER = /^-?\d+$/
const LATEST = '@latest'

type Field = keyof EventPlace

const FIELDS: Readonly<Record<string, Field>> = {
  offset: 'offset',
  'sequence-number': 'sequenceNumber',
  'enqueued-time': 'enqueuedAtMs',
}
const NAMES: Readonly<Record<Field, string>> = {
  offset: 'offset',
  sequenceNumber: 'sequence number',
  enqueuedAtMs: 'enqueued time',
}

/** Events from a point on. */
export class StartPosition {
  private readonly field: Field
  private readonly value: number
  private readonly inclusive: boolean

  constructor(field: Field, value: number, inclusive: boolean) {
    this.field = field
    this.value = value
    this.inclusive = inclusive
  }

  admits(event: EventPlace): boolean {
    const value = event[this.field]
    return value > this.value || (this.inclusive && value === this.value)
  }

  /** An offset or a sequence number that the partition has not come to yet is a mistake. A time may lie ahead. */
  check(end: EventPlace): void {
    const { field, value } = this
    if (field === 'enqueuedAtMs' || value <= end[field]) return
    const text = `the ${NAMES[field]} ${value} is not there yet: the next event will have ${end[field]}`
    throw refusal('com.microsoft:argument-error', text)
  }
}

/**
 * The start that the filters of a source ask for; without any, the oldest event. `end` is the place that the next event
 * will have. Throws an AMQPError with the condition for a filter that is not understood.
 */
export function startPosition(filters: Fields | undefined, end: EventPlace): StartPosition {
  let position = new StartPosition('sequenceNumber', 0, true)
  for (const [name, value] of Object.entries(filters ?? {})) {
    if (value === null) continue
    if (name !== SELECTOR) throw refusal('amqp:not-implemented', `there is no filter "${name}" here`)
    position = parseSelector(selectorText(value), end)
  }
  position.check(end)
  return position
}

function selectorText(value: unknown): string {
  if (!(value instanceof AMQPDescribed) || typeof value.value !== 'string')
    throw refusal('amqp:invalid-field', `the filter "${SELECTOR}" is no described string`)
  const descriptor = String(value.descriptor)
  if (!DESCRIPTORS.includes(descriptor))
    throw refusal('amqp:invalid-field', `the filter "${SELECTOR}" is described by ${descriptor}`)
  return value.value
}

function parseSelector(text: string, end: EventPlace): StartPosition {
  const [, name = '', operator, quoted, bare] = COMPARISON.exec(text) ?? []
  const field = FIELDS[name]
  const constant = quoted ?? bare ?? ''
  if (field === 'offset' && constant === LATEST)
    return new StartPosition('sequenceNumber', end.sequenceNumber, true)
  if (field === undefined || !WHOLE_NUMBER.test(constant))
    throw refusal('com.microsoft:argument-error', `the selector "${text}" is not understood`)
  return new StartPosition(field, Number(constant), operator === '>=')
}
