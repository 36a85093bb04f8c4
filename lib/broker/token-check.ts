// Are tokens good? Shared-access signatures by their HMAC, JSON Web Tokens by jsonwebtoken; both for what they were
// issued for, and until they expire. Nothing of a token is ever part of what is said about it.

import { createHmac, timingSafeEqual } from 'node:crypto'
import jsonwebtoken from 'jsonwebtoken'
import { isWithin, pathOf } from './claim-book.js'
import type { CbsOptions } from './options.js'

/** A good token says when it expires, in milliseconds since 1970; a bad one why it is refused. */
export type Verdict = { readonly expiresAtMs: number } | { readonly refused: string }

const SAS_PREFIX = /^SharedAccessSignature\s+/
const BY_SECRET = ['HS256', 'HS384', 'HS512'] as const
const BY_KEY = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const

/** A signature must be for the audience, or for something above it. */
export function checkSas(token: string, audience: string, nowMs: number, options: CbsOptions): Verdict {
  if (!SAS_PREFIX.test(token)) return { refused: 'the token is no shared-access signature' }
  const parts = partsOf(token.replace(SAS_PREFIX, ''))
  const [sr, sig, se, skn] = ['sr', 'sig', 'se', 'skn'].map((name) => parts.get(name))
  const keyName = decoded(skn)
  const resource = decoded(sr)
  if (sr === undefined || resource === undefined || keyName === undefined || !/^\d+$/.test(se ?? ''))
    return { refused: 'the signature lacks one of sr, sig, se and skn' }
  const keys = options.sasKeys ?? {}
  const key = Object.hasOwn(keys, keyName) ? keys[keyName] : undefined
  if (key === undefined) return { refused: 'the key of the signature is not known' }
  const right = createHmac('sha256', key).update(`${sr}\n${se}`).digest()
  const given = Buffer.from(decoded(sig) ?? '', 'base64')
  if (given.length !== right.length || !timingSafeEqual(given, right))
    return { refused: 'the signature is wrong' }
  if (!isAbove(resource, audience)) return { refused: 'the signature is for another audience' }
  const expiresAtMs = Number(se) * 1000
  return expiresAtMs > nowMs ? { expiresAtMs } : { refused: 'the signature has expired' }
}

export function checkJwt(token: string, nowMs: number, options: CbsOptions): Verdict {
  const { jwtSecret, jwtPublicKey, jwtAudience } = options
  const key = jwtSecret ?? jwtPublicKey
  if (key === undefined) return { refused: 'JSON Web Tokens are not taken here' }
  try {
    const claims = jsonwebtoken.verify(token, key, {
      algorithms: [...(jwtSecret === undefined ? BY_KEY : BY_SECRET)],
      clockTimestamp: Math.floor(nowMs / 1000),
      ...(jwtAudience === undefined ? undefined : { audience: jwtAudience }),
    })
    if (typeof claims === 'string' || typeof claims.exp !== 'number')
      return { refused: 'the token does not say when it expires' }
    return { expiresAtMs: claims.exp * 1000 }
  } catch (error) {
    return { refused: reasonOf(error) }
  }
}

/** The library's own words, but for what comes from parsing the token, which may quote it. */
function reasonOf(error: unknown): string {
  return error instanceof jsonwebtoken.JsonWebTokenError ? error.message : 'the token cannot be read'
}

function partsOf(token: string): Map<string, string> {
  return new Map(
    token.split('&').map((part) => {
      const equals = part.indexOf('=')
      return [part.slice(0, equals), part.slice(equals + 1)]
    }),
  )
}

function decoded(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** Same host, whatever the scheme, and a path at or above. */
function isAbove(resource: string, audience: string): boolean {
  return hostOf(resource) === hostOf(audience) && isWithin(pathOf(audience), pathOf(resource))
}

function hostOf(uri: string): string {
  return (/^[a-z][a-z0-9+.-]*:\/\/([^/:]*)/i.exec(uri)?.[1] ?? '').toLowerCase()
}
