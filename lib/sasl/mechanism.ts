// SASL mechanisms as the handshake sees them [5.3]: bytes in, bytes out, one object for one exchange. What a
// user hands over is a SaslAuth: it makes such objects, and can serve any number of connections at once.
// Neither kind shows its secrets when printed, nor do the errors.

import { AuthenticationError } from '../errors.js'
import type { PlatformAbortSignal } from '../util/platform-abort-signal.js'

/** One exchange on one connection. */
export interface SaslMechanism {
  /** As registered, e.g. `PLAIN`. */
  readonly name: string
  /**
   * What goes out with sasl-init [5.3.3.2]; undefined when the server has to begin. A promise when it has to
   * be fetched first; nothing is sent until then.
   */
  initial(host: SaslHost): Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** The answer to a challenge. Throws an AuthenticationError when there is none. */
  step(challenge: Uint8Array): Uint8Array | Promise<Uint8Array>
  /**
   * The server says that all went well; mechanisms that demand a proof of it look for it here, and throw an
   * AuthenticationError when it is missing.
   */
  finish?(additionalData: Uint8Array | undefined): void
  /**
   * The server refused. Mechanisms by which it says more than an outcome code give an error that has it.
   */
  refused?(error: AuthenticationError): AuthenticationError
}

/** Who we are talking to. */
export interface SaslHost {
  readonly hostname: string
  /** True under TLS. */
  readonly secure: boolean
  /** Aborts when the connection has ended: nobody waits for an answer any more. */
  readonly signal?: PlatformAbortSignal | undefined
}

/** Who we are, and the mechanisms by which we can say so. */
export interface SaslAuth {
  /** Names, the best first. */
  readonly mechanisms: readonly string[]
  /** A fresh exchange for one of these names. */
  create(name: string): SaslMechanism
}

/**
 * Begins an exchange by the best mechanism that both sides know [5.3.3.1].
 * @throws AuthenticationError when there is none.
 */
export function chooseMechanism(auth: SaslAuth, offered: readonly string[], host: SaslHost): SaslMechanism {
  for (const name of auth.mechanisms) {
    if (offered.includes(name)) return auth.create(name)
  }
  const theirs = offered.length === 0 ? 'no SASL mechanism' : `only ${offered.join(', ')}`
  const ours = auth.mechanisms.join(' or ')
  throw new AuthenticationError(
    `${host.hostname} offers ${theirs}, and our credentials need ${ours}${hint(auth, host)}`,
    { context: { operation: 'choosing a SASL mechanism', host: host.hostname } },
  )
}

function hint({ mechanisms }: SaslAuth, { secure }: SaslHost): string {
  if (mechanisms.join() === 'ANONYMOUS')
    return ', which names nobody: give user and password in the URL, or the option "auth"'
  if (secure || !mechanisms.includes('PLAIN')) return ''
  return '; many brokers offer PLAIN over TLS only: try amqps:// or wss://'
}
