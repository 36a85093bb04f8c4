// What ANONYMOUS, EXTERNAL, MSSBCBS and PLAIN have in common: all there is to say is said in the first
// message [5.3.3.2].

import { AuthenticationError } from '../errors.js'
import type { SaslAuth, SaslMechanism } from './mechanism.js'

const NO_BYTES = new Uint8Array(0)

class SingleResponse implements SaslMechanism {
  readonly name: string
  readonly #response: Uint8Array | undefined
  #asked: boolean

  constructor(name: string, response: Uint8Array | undefined) {
    this.name = name
    this.#response = response
    this.#asked = false
  }

  initial(): Uint8Array | undefined {
    return this.#response
  }

  /** Some servers take no empty initial response for an answer and ask for it with an empty challenge. */
  step(challenge: Uint8Array): Uint8Array {
    if (challenge.length > 0 || this.#asked) {
      throw new AuthenticationError(`the peer sent a challenge, which SASL ${this.name} does not know`)
    }
    this.#asked = true
    return this.#response ?? NO_BYTES
  }
}

/**
 * Credentials for one mechanism with one message, or none. They can neither be changed nor read from the
 * outside.
 */
export function singleResponseAuth(name: string, response: Uint8Array | undefined): SaslAuth {
  return Object.freeze({
    mechanisms: Object.freeze([name]),
    create: () => new SingleResponse(name, response),
  })
}

/** Refuses what SASL cannot carry as text. The value itself is never part of the error. */
export function checkSaslText(option: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw new TypeError(`${option} must be a string`)
  if (/[\0\p{Surrogate}]/u.test(value)) {
    throw new TypeError(`${option} must not contain NUL or half a surrogate pair`)
  }
}
