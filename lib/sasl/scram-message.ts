// The messages of SCRAM as text (RFC 5802, section 7): attributes of one letter, `a=value,b=value`.

import { fromBase64 } from '../util/base64.js'
import { utf8Decode } from '../util/bytes.js'
import { MIN_ITERATIONS } from './scram-keys.js'

export interface ScramMessage {
  /** As it came: it becomes part of what is signed. */
  readonly text: string
  /** In their order. */
  readonly attributes: readonly (readonly [name: string, value: string])[]
}

/** Takes a message apart; undefined when it is none. */
export function parseScram(bytes: Uint8Array): ScramMessage | undefined {
  let text: string
  try {
    text = utf8Decode(bytes, 0, bytes.length)
  } catch {
    return undefined
  }
  const parts = text.split(',').map((part) => /^([A-Za-z])=(.*)$/s.exec(part))
  if (!parts.every((part) => part !== null)) return undefined
  return { text, attributes: parts.map(([, name = '', value = '']) => [name, value]) }
}

/** The value of an attribute, if it stands in this place. */
export function attributeAt(message: ScramMessage, place: number, name: string): string | undefined {
  const attribute = message.attributes[place]
  return attribute?.[0] === name ? attribute[1] : undefined
}

/** What a server says first. */
export interface ServerFirst {
  readonly nonce: string
  readonly salt: Uint8Array
  readonly iterations: number
}

/** `r=nonce,s=salt,i=iterations`; says what is wrong with a message that is something else. */
export function readServerFirst(message: ScramMessage): ServerFirst | string {
  const nonce = attributeAt(message, 0, 'r')
  const saltText = attributeAt(message, 1, 's')
  const iterationText = attributeAt(message, 2, 'i')
  if (message.attributes.some(([name]) => name === 'm'))
    return 'it demands an extension of SCRAM that there is not'
  if (nonce === undefined || saltText === undefined || iterationText === undefined) return 'it makes no sense'
  const salt = fromBase64(saltText)
  if (salt === undefined || salt.length === 0) return 'its salt is no Base64'
  if (!/^[1-9]\d{0,9}$/.test(iterationText)) return 'its iteration count is no number'
  const iterations = Number(iterationText)
  if (iterations < MIN_ITERATIONS) return `its iteration count of ${iterations} is below ${MIN_ITERATIONS}`
  return { nonce, salt, iterations }
}

/** A nonce is printable ASCII without a comma. */
export function isNonce(text: string): boolean {
  return /^[\x21-\x2b\x2d-\x7e]+$/.test(text)
}

/** A name in a message has neither comma nor equals sign. */
export function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

/** The reverse; undefined when the text is not escaped as it should be. */
export function unescapeName(text: string): string | undefined {
  if (text === '' || !/^(?:[^=]|=3D|=2C)*$/s.test(text)) return undefined
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}
