// SASL SCRAM (RFC 5802, RFC 7677): the password is never sent, and the server has to prove that it knows it,
// too. Without channel binding. An exchange that ends without that proof has failed, whatever the outcome
// says.

import { AuthenticationError } from '../errors.js'
import { fromBase64, toBase64 } from '../util/base64.js'
import { utf8Encode } from '../util/bytes.js'
import { checkOptions, type OptionCheck } from '../util/options.js'
import type { SaslAuth, SaslHost, SaslMechanism } from './mechanism.js'
import { saslprep } from './saslprep.js'
import {
  digest,
  hmac,
  randomBytes,
  SCRAM_NAMES,
  type ScramName,
  saltPassword,
  sameSecret,
  xor,
} from './scram-keys.js'
import { attributeAt, escapeName, isNonce, parseScram, readServerFirst } from './scram-message.js'
import { checkSaslText } from './single-response.js'

export interface SASLScramOptions {
  /** Which to use, the best first. Default: SCRAM-SHA-512, SCRAM-SHA-256, SCRAM-SHA-1. */
  readonly mechanisms?: readonly ScramName[] | undefined
}

/** A server that asks for more would keep us busy for seconds. */
const MAX_ITERATIONS = 1_000_000
const NONCE_BYTES = 18
const GS2_HEADER = 'n,,'
const NO_BYTES = new Uint8Array(0)

const CHECKS: Readonly<Record<string, OptionCheck>> = {
  mechanisms: (value, name) => {
    const known: readonly unknown[] = SCRAM_NAMES
    if (!Array.isArray(value) || value.length === 0 || !value.every((one) => known.includes(one))) {
      throw new TypeError(`${name} must be a list of some of ${SCRAM_NAMES.join(', ')}`)
    }
  },
}

/**
 * Logs in with user name and password without sending the password; fit for connections without TLS, too.
 * @throws TypeError when one is no string or contains NUL, or the user name is empty.
 */
export function SASLScram(username: string, password: string, options: SASLScramOptions = {}): SaslAuth {
  checkOptions('SASLScram', options, CHECKS)
  checkSaslText('username', username)
  checkSaslText('password', password)
  if (username === '') throw new TypeError('username must not be empty')
  const mechanisms = [...(options.mechanisms ?? SCRAM_NAMES)]
  return Object.freeze({
    mechanisms: Object.freeze(mechanisms),
    create: (name: string) =>
      new ScramExchange(name as ScramName, username, password, toBase64(randomBytes(NONCE_BYTES))),
  })
}

/** What is awaited. */
type Stage = 'server-first' | 'computing' | 'server-final' | 'proven'

/** One exchange by SCRAM; the nonce has to be one that was never used before. */
export class ScramExchange implements SaslMechanism {
  readonly name: ScramName
  readonly #username: string
  readonly #password: string
  readonly #nonce: string
  #hostname: string
  #clientFirst: string
  #stage: Stage
  /** What only a server can send that knows the password. */
  #signature: Uint8Array

  constructor(name: ScramName, username: string, password: string, nonce: string) {
    this.name = name
    this.#username = username
    this.#password = password
    this.#nonce = nonce
    this.#hostname = ''
    this.#clientFirst = ''
    this.#stage = 'server-first'
    this.#signature = NO_BYTES
  }

  initial(host: SaslHost): Uint8Array | Promise<Uint8Array> {
    this.#hostname = host.hostname
    const username = saslprep('username', this.#username)
    return typeof username === 'string' ? this.#first(username) : username.then((name) => this.#first(name))
  }

  #first(username: string): Uint8Array {
    this.#clientFirst = `n=${escapeName(username)},r=${this.#nonce}`
    return utf8Encode(GS2_HEADER + this.#clientFirst)
  }

  async step(challenge: Uint8Array): Promise<Uint8Array> {
    if (this.#stage === 'server-first') return this.#onServerFirst(challenge)
    if (this.#stage !== 'server-final') throw this.#failed('it sent a challenge out of place')
    this.#verify(challenge)
    return NO_BYTES
  }

  finish(additionalData: Uint8Array | undefined): void {
    if (this.#stage === 'proven') return
    if (this.#stage !== 'server-final' || additionalData === undefined || additionalData.length === 0) {
      throw this.#failed('it let us in without proving that it knows the password')
    }
    this.#verify(additionalData)
  }

  async #onServerFirst(challenge: Uint8Array): Promise<Uint8Array> {
    this.#stage = 'computing'
    const message = parseScram(challenge)
    if (message === undefined) throw this.#failed('its first message makes no sense')
    this.#checkError(attributeAt(message, 0, 'e'))
    const first = readServerFirst(message)
    if (typeof first === 'string') throw this.#failed(`of its first message, ${first}`)
    const { nonce, salt, iterations } = first
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length || !isNonce(nonce)) {
      throw this.#failed('its nonce does not continue ours')
    }
    if (iterations > MAX_ITERATIONS) {
      throw this.#failed(`its iteration count of ${iterations} is over our limit of ${MAX_ITERATIONS}`)
    }
    const password = utf8Encode(await saslprep('password', this.#password))
    const salted = await saltPassword(this.name, password, salt, iterations)
    const withoutProof = `c=${toBase64(utf8Encode(GS2_HEADER))},r=${nonce}`
    const signed = utf8Encode(`${this.#clientFirst},${message.text},${withoutProof}`)
    const clientKey = await hmac(this.name, salted, utf8Encode('Client Key'))
    const clientSignature = await hmac(this.name, await digest(this.name, clientKey), signed)
    this.#signature = await hmac(this.name, await hmac(this.name, salted, utf8Encode('Server Key')), signed)
    this.#stage = 'server-final'
    return utf8Encode(`${withoutProof},p=${toBase64(xor(clientKey, clientSignature))}`)
  }

  #verify(serverFinal: Uint8Array): void {
    const message = parseScram(serverFinal)
    if (message === undefined) throw this.#failed('its last message makes no sense')
    this.#checkError(attributeAt(message, 0, 'e'))
    const verifier = fromBase64(attributeAt(message, 0, 'v') ?? '')
    if (verifier === undefined || !sameSecret(verifier, this.#signature)) {
      throw this.#failed('its signature is wrong: it does not know the password')
    }
    this.#stage = 'proven'
  }

  #checkError(said: string | undefined): void {
    if (said === undefined) return
    const text = JSON.stringify(said.slice(0, 100))
    throw this.#failed(`it says ${text}`, 'amqp:unauthorized-access')
  }

  #failed(why: string, condition?: string): AuthenticationError {
    return new AuthenticationError(`authentication of ${this.#hostname} by ${this.name} failed: ${why}`, {
      condition,
      context: { operation: 'authenticating', host: this.#hostname },
    })
  }
}
