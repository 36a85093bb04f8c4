// SASL XOAUTH2, the predecessor of OAUTHBEARER that is still in use: user name and OAuth 2.0 token.

import { text } from '../util/options.js'
import { BearerExchange, type BearerToken, checkBearer, checkField } from './bearer.js'
import type { SaslAuth } from './mechanism.js'

export interface SASLXOAuth2Options extends BearerToken {
  /** Whom the token was made for. */
  readonly user: string
}

/**
 * Logs in with user name and OAuth 2.0 bearer token. Whoever reads the token can use it: use TLS.
 * @throws TypeError when the user is missing, neither or both of `token` and `getToken` are given, or one
 * cannot be sent.
 */
export function SASLXOAuth2(options: SASLXOAuth2Options): SaslAuth {
  checkBearer('SASLXOAuth2', options, { user: text })
  const { token, getToken, user } = options
  checkField('user', user)
  const dialect = {
    name: 'XOAUTH2',
    first: (bearer: string) => `user=${user}\x01auth=Bearer ${bearer}\x01\x01`,
    answer: new Uint8Array(0),
  }
  return Object.freeze({
    mechanisms: Object.freeze([dialect.name]),
    create: () => new BearerExchange(dialect, { token, getToken }),
  })
}
