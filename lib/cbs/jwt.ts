// JSON Web Tokens as claims. Their signature is for the broker to check; only the expiry is read here, and only when
// whoever gets the token does not tell it.

import jsonwebtoken from 'jsonwebtoken'
import { AuthenticationError } from '../errors.js'
import { callback, checkOptions, text } from '../util/options.js'
import type { PlatformAbortSignal } from '../util/platform-abort-signal.js'
import type { AccessToken, TokenSource } from './claim-keeper.js'
import { TOKEN_CHECKS, TokenAuth, type TokenAuthOptions } from './token-auth.js'

export interface JWTTokenAuthOptions extends TokenAuthOptions {
  /**
   * Gets a token; called before the first link and again before each expiry. The expiry is read from `exp` if it is not
   * told. What `getToken` of an Azure credential gives will do as it is; null means that there is no token.
   */
  readonly getToken: (options: { readonly signal: PlatformAbortSignal }) => Promise<AccessToken | null>
  /** As the broker calls it. Default: `jwt`. */
  readonly tokenType?: string | undefined
}

const CHECKS = { ...TOKEN_CHECKS, getToken: callback, tokenType: text }

/** When a token expires by its `exp`, in milliseconds since 1970; undefined when it does not say. */
export function jwtExpiryMs(token: string): number | undefined {
  const claims = decoded(token)
  if (claims === null || typeof claims === 'string' || typeof claims.exp !== 'number') return undefined
  return claims.exp * 1000
}

/** What the parser says of a token that is none may quote it. */
function decoded(token: string): ReturnType<typeof jsonwebtoken.decode> {
  try {
    return jsonwebtoken.decode(token)
  } catch {
    return null
  }
}

/** Claims by JSON Web Tokens from any source. */
export class JWTTokenAuth extends TokenAuth {
  readonly #getToken: TokenSource['getToken']
  readonly #tokenType: string

  constructor(options: JWTTokenAuthOptions) {
    checkOptions('JWTTokenAuth', options, CHECKS)
    super(options)
    text(options.uri, 'JWTTokenAuth: option "uri"')
    callback(options.getToken, 'JWTTokenAuth: option "getToken"')
    const { getToken } = options
    this.#tokenType = options.tokenType ?? 'jwt'
    this.#getToken = async ({ signal }) => this.#read(await getToken({ signal }))
  }

  #read(given: AccessToken | null): AccessToken {
    const token = given?.token
    if (typeof token !== 'string' || token === '') throw this.#unusable('no token')
    const expiresAtMs = given?.expiresAtMs ?? given?.expiresOnTimestamp ?? jwtExpiryMs(token)
    if (expiresAtMs !== undefined && (typeof expiresAtMs !== 'number' || Number.isNaN(expiresAtMs)))
      throw this.#unusable('a token whose expiry is no number')
    return { token, expiresAtMs }
  }

  #unusable(what: string): AuthenticationError {
    return new AuthenticationError(`getToken gave ${what} for "${this.audience}"`, {
      context: { operation: 'getting a token', address: this.audience },
    })
  }

  protected tokens(): Pick<TokenSource, 'tokenType' | 'getToken'> {
    return { tokenType: this.#tokenType, getToken: this.#getToken }
  }
}
