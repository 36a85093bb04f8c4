// What shared-access signatures and JWTs have in common as authentication: SASL lets us in as nobody, a claim for each
// audience follows, kept up as long as the connection lives. One object serves any number of connections.

import type { Authenticator, AuthorizedConnection } from '../connection/authenticator.js'
import { CBSAuthStatus } from '../constants.js'
import { AMQPTimeoutError } from '../errors.js'
import { SASLAnonymous } from '../sasl/anonymous.js'
import type { SaslAuth, SaslMechanism } from '../sasl/mechanism.js'
import { SASLMssbcbs } from '../sasl/mssbcbs.js'
import { type Clock, realClock } from '../util/clock.js'
import { type WaitOptions, waitFor } from '../util/deferred.js'
import { callback, duration, type OptionCheck, text } from '../util/options.js'
import { CBS_CAPABILITY } from './cbs-client.js'
import { ClaimKeeper, type ClaimObserver, type TokenSource } from './claim-keeper.js'

/** Bound of one put-token unless told otherwise. */
export const DEFAULT_PUT_TIMEOUT_MS = 10_000

/** Options of every kind of token. */
export interface TokenAuthOptions {
  /** What the token is for, e.g. `sb://namespace.servicebus.windows.net/queue`. Default: `uri`. */
  readonly audience?: string | undefined
  /** The resource that the token opens. */
  readonly uri: string
  /** Renew so long before the token expires. Default: 10 minutes, or a quarter of its life if that is longer. */
  readonly refreshWindowMs?: number | undefined
  /** How long one put-token may take. Default: 10 000. */
  readonly timeoutMs?: number | undefined
  /** Told after each token that was put, the first included. */
  readonly onRefreshed?: ((expiresAtMs: number | undefined) => void) | undefined
  /** Told of each failure to get or put a token; as long as one is in force, it is tried again. */
  readonly onFailure?: ((error: unknown) => void) | undefined
}

export const TOKEN_CHECKS: Readonly<Record<string, OptionCheck>> = {
  audience: text,
  uri: text,
  refreshWindowMs: duration,
  timeoutMs: duration,
  onRefreshed: callback,
  onFailure: callback,
}

/** MSSBCBS where it is offered, else ANONYMOUS: neither says who we are. */
const NOBODY_YET: SaslAuth = Object.freeze({
  mechanisms: Object.freeze(['MSSBCBS', 'ANONYMOUS']),
  create: (name: string): SaslMechanism =>
    (name === 'MSSBCBS' ? SASLMssbcbs() : SASLAnonymous()).create(name),
})

export abstract class TokenAuth implements Authenticator {
  readonly sasl: SaslAuth = NOBODY_YET
  readonly desiredCapabilities: readonly string[] = [CBS_CAPABILITY]
  /** What the tokens are for. */
  readonly audience: string
  /** The resource that the tokens open. */
  readonly uri: string
  readonly #options: TokenAuthOptions
  readonly #keepers = new WeakMap<AuthorizedConnection, ClaimKeeper>()
  #status: CBSAuthStatus = CBSAuthStatus.Idle
  /** Whose status it is. */
  #told: ClaimObserver | undefined = undefined

  protected constructor(options: TokenAuthOptions) {
    this.uri = options.uri
    this.audience = options.audience ?? options.uri
    this.#options = options
  }

  /** Where the claim stands that was dealt with last; idle before the first, and when its connection has ended. */
  get status(): CBSAuthStatus {
    return this.#status
  }

  protected abstract tokens(): Pick<TokenSource, 'tokenType' | 'getToken'>

  /** Resolves when a token for the audience is in force on the connection, and keeps it so from then on. */
  authorize(connection: AuthorizedConnection, wait: WaitOptions = {}): Promise<void> {
    const clock: Clock = connection.clock ?? realClock
    return waitFor<void>(
      (done) => {
        this.#keeper(connection)
          .ready()
          .then(
            () => done.resolve(),
            (error) => done.reject(error),
          )
        return undefined
      },
      wait,
      clock,
      () =>
        new AMQPTimeoutError(`No token for "${this.audience}" was in force within ${wait.timeoutMs} ms`, {
          timeoutMs: wait.timeoutMs ?? 0,
          context: { operation: 'putting a token', address: '$cbs' },
        }),
    )
  }

  #keeper(connection: AuthorizedConnection): ClaimKeeper {
    let keeper = this.#keepers.get(connection)
    if (keeper === undefined) {
      keeper = new ClaimKeeper(connection, this.#source(), this.#observer())
      this.#keepers.set(connection, keeper)
    }
    return keeper
  }

  #source(): TokenSource {
    const { refreshWindowMs, timeoutMs = DEFAULT_PUT_TIMEOUT_MS } = this.#options
    return { audience: this.audience, refreshWindowMs, timeoutMs, ...this.tokens() }
  }

  /** What a user's function throws must not stop the renewal. */
  #observer(): ClaimObserver {
    const { onRefreshed, onFailure } = this.#options
    const observer: ClaimObserver = {
      onStatus: (status) => {
        // The end of one connection says nothing of a claim on another.
        if (status === CBSAuthStatus.Idle && this.#told !== observer) return
        this.#told = observer
        this.#status = status
      },
      onRefreshed: (expiresAtMs) => quietly(() => onRefreshed?.(expiresAtMs)),
      onFailure: (error) => quietly(() => onFailure?.(error)),
    }
    return observer
  }
}

function quietly(fn: () => void): void {
  try {
    fn()
  } catch {
    // The observer's own failure is not ours to report.
  }
}
