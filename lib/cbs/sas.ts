// Shared-access signatures of Azure: HMAC-SHA256 over the resource and the expiry, with the key as text.

import { AUTH_EXPIRATION_SECS } from '../constants.js'
import { toBase64 } from '../util/base64.js'
import { utf8Encode } from '../util/bytes.js'
import { globals } from '../util/globals.js'
import { checkOptions, duration, integer, text } from '../util/options.js'
import type { AccessToken, TokenRequest, TokenSource } from './claim-keeper.js'
import { TOKEN_CHECKS, TokenAuth, type TokenAuthOptions } from './token-auth.js'

const TOKEN_TYPE = 'servicebus.windows.net:sastoken'

/** A signature that opens `resource` until `expiresAtMs` (milliseconds since 1970; cut to seconds). */
export async function createSasToken(
  keyName: string,
  sharedAccessKey: string,
  resource: string,
  expiresAtMs: number = Date.now() + AUTH_EXPIRATION_SECS * 1000,
): Promise<string> {
  text(keyName, 'createSasToken: keyName')
  text(sharedAccessKey, 'createSasToken: sharedAccessKey')
  text(resource, 'createSasToken: resource')
  duration(expiresAtMs, 'createSasToken: expiresAtMs')
  if (expiresAtMs === Number.POSITIVE_INFINITY)
    throw new RangeError('createSasToken: expiresAtMs must be finite')
  const { subtle } = globals.crypto
  const expiry = Math.floor(expiresAtMs / 1000)
  const signed = encodeURIComponent(resource)
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await subtle.importKey('raw', utf8Encode(sharedAccessKey), hmac, false, ['sign'])
  const signature = new Uint8Array(await subtle.sign('HMAC', key, utf8Encode(`${signed}\n${expiry}`)))
  const sig = encodeURIComponent(toBase64(signature))
  return `SharedAccessSignature sr=${signed}&sig=${sig}&se=${expiry}&skn=${encodeURIComponent(keyName)}`
}

/** When a signature expires, in milliseconds since 1970; undefined when it does not say. */
export function sasExpiryMs(token: string): number | undefined {
  const seconds = /(?:^|[&\s])se=(\d+)/.exec(token)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}

/** A ready signature, or the key to make signatures with. */
export interface SASTokenAuthOptions extends TokenAuthOptions {
  /** A ready signature. It cannot be renewed: when it expires, so does the right to use the entity. */
  readonly token?: string | undefined
  readonly keyName?: string | undefined
  readonly sharedAccessKey?: string | undefined
  /** Life of the signatures that are made. Default: one hour. */
  readonly expiryMs?: number | undefined
}

const CHECKS = {
  ...TOKEN_CHECKS,
  token: text,
  keyName: text,
  sharedAccessKey: text,
  expiryMs: integer(1_000),
}

/** Claims by shared-access signatures. The secrets it holds show nowhere. */
export class SASTokenAuth extends TokenAuth {
  readonly #make: TokenSource['getToken']

  /** @throws TypeError unless there is either `token`, or `keyName` and `sharedAccessKey` */
  constructor(options: SASTokenAuthOptions) {
    checkOptions('SASTokenAuth', options, CHECKS)
    super(options)
    text(options.uri, 'SASTokenAuth: option "uri"')
    const { token, keyName, sharedAccessKey, uri, expiryMs = AUTH_EXPIRATION_SECS * 1000 } = options
    const withKey = keyName !== undefined && sharedAccessKey !== undefined
    if ((token !== undefined) === withKey) {
      throw new TypeError('SASTokenAuth: give either "token", or "keyName" and "sharedAccessKey"')
    }
    this.#make = withKey
      ? (request) => signed(keyName, sharedAccessKey, uri, expiryMs, request)
      : async () => ({ token: token as string, expiresAtMs: sasExpiryMs(token as string) })
  }

  /** Signatures made with a shared access key, anew before each expires. */
  static fromSharedAccessKey(
    options: SASTokenAuthOptions & { readonly keyName: string; readonly sharedAccessKey: string },
  ): SASTokenAuth {
    return new SASTokenAuth(options)
  }

  protected tokens(): Pick<TokenSource, 'tokenType' | 'getToken'> {
    return { tokenType: TOKEN_TYPE, getToken: this.#make }
  }
}

async function signed(
  keyName: string,
  key: string,
  uri: string,
  expiryMs: number,
  { nowMs }: TokenRequest,
): Promise<AccessToken> {
  const expiresAtMs = Math.floor((nowMs + expiryMs) / 1000) * 1000
  return { token: await createSasToken(keyName, key, uri, expiresAtMs), expiresAtMs }
}
