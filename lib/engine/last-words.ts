// The error that goes out with close, end or detach [2.8.14]. The frame itself must leave, whatever the error holds:
// what the peer's frames have no room for, or what cannot be encoded, is left out.

import { AMQPError } from '../errors.js'
import type { AMQPErrorFields } from '../types/transport.js'

/** Code points of a description that fit any frame, whatever they are. */
const SHORT = 80

/** Has `write` write a closing frame with its error, or with as much of it as can be written. */
export function writeLastWords(
  error: AMQPErrorFields | undefined,
  write: (error: AMQPErrorFields | undefined) => void,
): void {
  if (error === undefined) return write(undefined)
  const { condition, description = '' } = error
  const short = [...description].slice(0, SHORT).join('')
  if (tried(write, error) || tried(write, { kind: 'error', condition, description: short })) return
  write({ kind: 'error', condition: 'amqp:internal-error', description: short })
}

function tried(write: (error: AMQPErrorFields) => void, error: AMQPErrorFields): boolean {
  try {
    write(error)
    return true
  } catch (failure) {
    if (failure instanceof AMQPError) return false
    throw failure
  }
}
