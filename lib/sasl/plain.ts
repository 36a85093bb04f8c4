// SASL PLAIN (RFC 4616): `authzid NUL authcid NUL password` in UTF-8, readable by whoever can read the
// connection. Both ways: the client's credentials, and what a server makes of them.

import { utf8Decode, utf8Encode } from '../util/bytes.js'
import { checkOptions, text } from '../util/options.js'
import type { SaslAuth } from './mechanism.js'
import { checkSaslText, singleResponseAuth } from './single-response.js'

export interface SASLPlainOptions {
  /** Whom to act for; default: the user. */
  readonly authzid?: string | undefined
}

/**
 * Logs in with user name and password. Without TLS anyone on the way can read both.
 * @throws TypeError when one is no string or contains NUL, or the user name is empty.
 */
export function SASLPlain(username: string, password: string, options: SASLPlainOptions = {}): SaslAuth {
  if (typeof options === 'string')
    throw new TypeError('SASLPlain takes a user and a password, and no host name')
  checkOptions('SASLPlain', options, { authzid: text })
  const { authzid = '' } = options
  checkSaslText('username', username)
  checkSaslText('password', password)
  checkSaslText('authzid', authzid)
  if (username === '') throw new TypeError('username must not be empty')
  return singleResponseAuth('PLAIN', utf8Encode(`${authzid}\0${username}\0${password}`))
}

/** What a client says of itself by PLAIN. */
export interface PlainCredentials {
  /** Whom it wants to act for; empty: itself. */
  readonly authzid: string
  readonly username: string
  readonly password: string
}

/**
 * Takes a PLAIN response apart; undefined when it is none. Whether the password is right is not asked here.
 */
export function parsePlain(response: Uint8Array): PlainCredentials | undefined {
  let text: string
  try {
    text = utf8Decode(response, 0, response.length)
  } catch {
    return undefined
  }
  const [authzid, username, password, ...more] = text.split('\0')
  if (authzid === undefined || !username || password === undefined || more.length > 0) return undefined
  return { authzid, username, password }
}
