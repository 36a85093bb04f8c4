// What OAUTHBEARER and XOAUTH2 have in common: a token in the first message, and a refusal that comes as a
// challenge with JSON, which has to be answered before the outcome follows (RFC 7628, section 3.2.3). Tokens
// show nowhere.

import { AuthenticationError } from '../errors.js'
import { utf8Decode, utf8Encode } from '../util/bytes.js'
import { callback, checkOptions, type OptionCheck, text } from '../util/options.js'
import type { PlatformAbortSignal } from '../util/platform-abort-signal.js'
import type { SaslHost, SaslMechanism } from './mechanism.js'
import { checkSaslText } from './single-response.js'

/** What a token is asked for with. */
export interface TokenRequest {
  /** Aborts when the connection has ended, and the token is of no use any more. */
  readonly signal?: PlatformAbortSignal | undefined
}

/** A token, by itself or as token sources for claims give it. */
export type FetchedToken = string | { readonly token: string }

/** Exactly one of the two. */
export interface BearerToken {
  readonly token?: string | undefined
  /**
   * Called for every connection that is made, so that each gets a token that is still valid. What `getToken` of an Azure
   * credential gives will do as it is; null means that there is no token.
   */
  readonly getToken?:
    | ((request: TokenRequest) => FetchedToken | null | Promise<FetchedToken | null>)
    | undefined
}

const TOKEN_CHECKS: Readonly<Record<string, OptionCheck>> = { token: text, getToken: callback }

export function checkBearer(
  what: string,
  options: BearerToken,
  more: Readonly<Record<string, OptionCheck>>,
): void {
  if (options === undefined) throw new TypeError(`${what} needs options`)
  checkOptions(what, options, { ...TOKEN_CHECKS, ...more })
  const { token, getToken } = options
  if ((token === undefined) === (getToken === undefined)) {
    throw new TypeError(`${what} needs one of the options "token" and "getToken"`)
  }
  if (token !== undefined && !isToken(token)) {
    throw new TypeError(`${what}: option "token" must be printable ASCII without spaces, and not empty`)
  }
}

/** Refuses what would end a field of the message. */
export function checkField(option: string, value: string): void {
  checkSaslText(option, value)
  if (value === '' || value.includes('\x01'))
    throw new TypeError(`${option} must not be empty, nor contain U+0001`)
}

function isToken(token: unknown): token is string {
  return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)
}

/** How a mechanism says it. */
export interface BearerDialect {
  readonly name: string
  readonly first: (token: string) => string
  /** Answer to a refusal. */
  readonly answer: Uint8Array
}

/** What a server says of its refusal. */
interface Refusal {
  readonly status?: string
  readonly scope?: string
  readonly schemes?: string
}

export class BearerExchange implements SaslMechanism {
  readonly name: string
  readonly #dialect: BearerDialect
  readonly #source: BearerToken
  #refusal: Refusal | undefined

  constructor(dialect: BearerDialect, source: BearerToken) {
    this.name = dialect.name
    this.#dialect = dialect
    this.#source = source
    this.#refusal = undefined
  }

  initial(host: SaslHost): Uint8Array | Promise<Uint8Array> {
    const { token } = this.#source
    return token === undefined ? this.#fetch(host) : utf8Encode(this.#dialect.first(token))
  }

  async #fetch(host: SaslHost): Promise<Uint8Array> {
    const context = { operation: 'fetching a token', host: host.hostname }
    let fetched: FetchedToken | null | undefined
    try {
      fetched = await this.#source.getToken?.({ signal: host.signal })
    } catch (cause) {
      throw new AuthenticationError(
        `getToken gave no token for ${host.hostname}; its error is the cause of this one`,
        {
          context,
          cause,
        },
      )
    }
    const token = typeof fetched === 'string' ? fetched : fetched?.token
    if (isToken(token)) return utf8Encode(this.#dialect.first(token))
    throw new AuthenticationError(
      `what getToken gave for ${host.hostname} is no token: printable ASCII without spaces is expected`,
      { context },
    )
  }

  step(challenge: Uint8Array): Uint8Array {
    if (this.#refusal !== undefined) {
      throw new AuthenticationError(`the peer sent a second challenge, which SASL ${this.name} does not know`)
    }
    this.#refusal = readRefusal(challenge)
    return this.#dialect.answer
  }

  refused(error: AuthenticationError): AuthenticationError {
    const refusal = this.#refusal
    if (refusal === undefined || Object.keys(refusal).length === 0) return error
    const said = Object.entries(refusal).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    const { outcomeCode, condition, retryable, context, cause } = error
    return new AuthenticationError(`${error.message}: the peer says ${said.join(', ')}`, {
      outcomeCode,
      condition,
      description: refusal.status,
      info: { ...refusal },
      retryable,
      context,
      cause,
    })
  }
}

const LONGEST_TEXT = 200

/** What there is to learn from the JSON of a refusal; nothing if it is none. */
function readRefusal(challenge: Uint8Array): Refusal {
  let said: unknown
  try {
    said = JSON.parse(utf8Decode(challenge, 0, challenge.length))
  } catch {
    return {}
  }
  if (typeof said !== 'object' || said === null) return {}
  const named = ['status', 'scope', 'schemes'].flatMap((name) => {
    const value = (said as Readonly<Record<string, unknown>>)[name]
    return typeof value === 'string' || typeof value === 'number'
      ? [[name, String(value).slice(0, LONGEST_TEXT)]]
      : []
  })
  return Object.fromEntries(named) as Refusal
}
