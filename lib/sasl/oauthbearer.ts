// SASL OAUTHBEARER (RFC 7628): an OAuth 2.0 token, with where it is to be used if one likes.

import { integer, text } from '../util/options.js'
import { BearerExchange, type BearerToken, checkBearer, checkField } from './bearer.js'
import type { SaslAuth } from './mechanism.js'
import { escapeName } from './scram-message.js'

export interface SASLOAuthBearerOptions extends BearerToken {
  /** Whom to act for. Default: whom the token names. */
  readonly user?: string | undefined
  /** Host to name to the server; only for servers that ask for it. */
  readonly host?: string | undefined
  /** Port to name to the server; only for servers that ask for it. */
  readonly port?: number | undefined
}

/** The answer that lets a server end an exchange that it has refused. */
const ACKNOWLEDGED = Uint8Array.of(1)

/**
 * Logs in with an OAuth 2.0 bearer token. Whoever reads the token can use it: use TLS.
 * @throws TypeError when neither or both of `token` and `getToken` are given, or one cannot be sent.
 */
export function SASLOAuthBearer(options: SASLOAuthBearerOptions): SaslAuth {
  checkBearer('SASLOAuthBearer', options, { user: text, host: text, port: integer(1, 65535) })
  const { token, getToken, user, host, port } = options
  for (const [name, value] of Object.entries({ user, host })) {
    if (value !== undefined) checkField(name, value)
  }
  const authzid = user === undefined ? '' : `a=${escapeName(user)}`
  const place = field('host', host) + field('port', port)
  const dialect = {
    name: 'OAUTHBEARER',
    first: (bearer: string) => `n,${authzid},\x01${place}auth=Bearer ${bearer}\x01\x01`,
    answer: ACKNOWLEDGED,
  }
  return Object.freeze({
    mechanisms: Object.freeze([dialect.name]),
    create: () => new BearerExchange(dialect, { token, getToken }),
  })
}

function field(name: string, value: string | number | undefined): string {
  return value === undefined ? '' : `${name}=${value}\x01`
}
