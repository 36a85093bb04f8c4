// A message as the list of its sections, each with the type of every value in it: what a decoded message no longer shows.
import { AMQPDescribed, type AMQPType, type Message } from '../../../lib/index.js'
import { Reader } from '../../../lib/types/cursor.js'
import { readTyped } from '../../../lib/types/decode-typed.js'

/** Descriptors of the sections [3.2]. */
export const section = {
  header: 0x70n,
  deliveryAnnotations: 0x71n,
  messageAnnotations: 0x72n,
  properties: 0x73n,
  applicationProperties: 0x74n,
  data: 0x75n,
  sequence: 0x76n,
  value: 0x77n,
  footer: 0x78n,
}

const bodies: readonly bigint[] = [section.data, section.sequence, section.value]

export function sectionsOf(message: Message): AMQPDescribed[] {
  const bytes = message.encodeMessage()
  const reader = new Reader(bytes)
  const sections: AMQPDescribed[] = []
  while (reader.pos < bytes.length) {
    const value: AMQPType = readTyped(reader)
    if (!(value instanceof AMQPDescribed)) throw new Error(`not a section: ${value}`)
    sections.push(value)
  }
  return sections
}

/** The sections of the body, printed with all their types. */
export function bodyTypesOf(message: Message): string[] {
  return sectionsOf(message)
    .filter((one) => bodies.includes(descriptorOf(one)))
    .map(String)
}

export function descriptorOf({ descriptor }: AMQPDescribed): bigint {
  return BigInt(String((descriptor as AMQPType).value))
}
