// Who we are beyond SASL: what has to be in place before links are attached. Declared here, where it is needed;
// claims-based security implements it.

import type { AMQPError } from '../errors.js'
import type { SaslAuth } from '../sasl/mechanism.js'
import type { Tracer } from '../trace/tracer.js'
import type { Fields } from '../types/maps.js'
import type { Clock } from '../util/clock.js'
import type { WaitOptions } from '../util/deferred.js'

/** Where links for claims are made; a Session is one. */
export interface ClaimsSession {
  readonly closed: Promise<AMQPError | undefined>
}

/** What an Authenticator sees of a connection. */
export interface AuthorizedConnection {
  /** @internal */
  readonly clock: Clock
  /** @internal */
  readonly tracer: Tracer | undefined
  readonly remoteOfferedCapabilities: readonly string[]
  readonly remoteProperties: Fields | undefined
  /** Resolves when the connection has ended. */
  readonly closed: Promise<AMQPError | undefined>
  /** @internal A session whose links need no authorization: claims travel over it. */
  createClaimsSession(): Promise<ClaimsSession>
}

export interface Authenticator {
  /** How to log in. */
  readonly sasl: SaslAuth
  /** Capabilities to desire of the peer in our open. */
  readonly desiredCapabilities?: readonly string[] | undefined
  /** Called before each link is attached; resolves when it may be. What was started for a connection ends with it. */
  authorize(connection: AuthorizedConnection, wait: WaitOptions): Promise<void>
}
