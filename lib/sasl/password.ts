// User name and password by the best mechanism that the server offers for them.

import type { SaslAuth } from './mechanism.js'
import { SASLPlain } from './plain.js'
import { SASLScram } from './scram.js'

/**
 * Logs in by SCRAM where the server offers it, else by PLAIN, which shows the password to the server and,
 * without TLS, to anyone on the way. Name {@link SASLScram} where it must never be shown.
 * @throws TypeError when one is no string or contains NUL, or the user name is empty.
 */
export function SASLPassword(username: string, password: string): SaslAuth {
  const scram = SASLScram(username, password)
  const plain = SASLPlain(username, password)
  return Object.freeze({
    mechanisms: Object.freeze([...scram.mechanisms, ...plain.mechanisms]),
    create: (name: string) => (plain.mechanisms.includes(name) ? plain : scram).create(name),
  })
}
