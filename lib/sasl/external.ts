// SASL EXTERNAL (RFC 4422, appendix A): the server knows already who we are, commonly from our TLS
// certificate.

import { utf8Encode } from '../util/bytes.js'
import type { SaslAuth } from './mechanism.js'
import { checkSaslText, singleResponseAuth } from './single-response.js'

/**
 * Logs in as whoever the TLS certificate says we are.
 * @param authzid whom to act for; default: the same
 */
export function SASLExternal(authzid = ''): SaslAuth {
  checkSaslText('authzid', authzid)
  return singleResponseAuth('EXTERNAL', utf8Encode(authzid))
}
