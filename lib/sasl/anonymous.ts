// SASL ANONYMOUS (RFC 4505): nobody in particular, with a word on where from if one likes.

import { utf8Encode } from '../util/bytes.js'
import type { SaslAuth } from './mechanism.js'
import { checkSaslText, singleResponseAuth } from './single-response.js'

/**
 * Logs in as nobody.
 * @param trace text that the server may log, e.g. an e-mail address; default empty
 */
export function SASLAnonymous(trace = ''): SaslAuth {
  checkSaslText('trace', trace)
  return singleResponseAuth('ANONYMOUS', utf8Encode(trace))
}
