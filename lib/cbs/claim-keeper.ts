// Keeps one audience authorized on one connection: puts the first token, renews it before it expires, tries again when
// that fails, and says how it stands. Renewing disturbs nothing else; it ends with the connection.

import type { AuthorizedConnection } from '../connection/authenticator.js'
import { CBSAuthStatus } from '../constants.js'
import {
  AMQPConnectionError,
  type AMQPError,
  AMQPTimeoutError,
  TokenAuthFailure,
  TokenExpired,
} from '../errors.js'
import { Abort } from '../util/abort.js'
import type { Timer } from '../util/clock.js'
import { type WaitOptions, waitFor } from '../util/deferred.js'
import { globals } from '../util/globals.js'
import type { PlatformAbortSignal } from '../util/platform-abort-signal.js'
import { CbsClient } from './cbs-client.js'
import { renewalDelayMs, retryDelayMs } from './renewal.js'

/** A token as its source gives it. */
export interface AccessToken {
  readonly token: string
  /** Milliseconds since 1970; undefined: it does not expire. */
  readonly expiresAtMs?: number | undefined
  /** The same by the name that Azure's credentials have for it; looked at when there is no `expiresAtMs`. */
  readonly expiresOnTimestamp?: number | undefined
}

/** Status of a token that is not taken. */
const UNAUTHORIZED = 401
/** A source of tokens may take so long; one that hangs must not keep others waiting for ever. */
const GET_TIMEOUT_MS = 60_000

/** What a source may want to know. */
export interface TokenRequest {
  /** Aborts when the token is of no use any more. */
  readonly signal: PlatformAbortSignal
  /** The time, in milliseconds since 1970. */
  readonly nowMs: number
}

/** What is claimed, and where its tokens come from. */
export interface TokenSource {
  readonly audience: string
  readonly tokenType: string
  /** Renew so long before the expiry. */
  readonly refreshWindowMs: number | undefined
  /** Bound of one put-token. */
  readonly timeoutMs: number
  getToken(request: TokenRequest): Promise<AccessToken>
}

/** Who is told how a claim stands. */
export interface ClaimObserver {
  onStatus(status: CBSAuthStatus): void
  onRefreshed(expiresAtMs: number | undefined): void
  onFailure(error: unknown): void
}

export class ClaimKeeper {
  private readonly connection: AuthorizedConnection
  private readonly source: TokenSource
  private readonly observer: ClaimObserver
  private readonly stop = new Abort()
  private underWay: Promise<void> | undefined = undefined
  private current: AccessToken | undefined = undefined
  private timer: Timer | undefined = undefined
  private failures = 0

  constructor(connection: AuthorizedConnection, source: TokenSource, observer: ClaimObserver) {
    this.connection = connection
    this.source = source
    this.observer = observer
    connection.closed.then((reason) => this.end(reason))
  }

  /** Resolves when a token is in force; one attempt serves all who ask at the same time. */
  async ready(): Promise<void> {
    if (this.current !== undefined && !this.expired(this.current)) return
    this.underWay ??= this.attempt().finally(() => {
      this.underWay = undefined
    })
    await this.underWay
  }

  /** Nothing of a token, nor of an error, which its source may have put one into. */
  private trace(what: string): void {
    this.connection.tracer?.event?.(() => `the token for "${this.source.audience}" ${what}`)
  }

  private get nowMs(): number {
    return this.connection.clock.date()
  }

  private expired(token: AccessToken): boolean {
    return token.expiresAtMs !== undefined && token.expiresAtMs <= this.nowMs
  }

  /** Gets a token and puts it. A token that is the same as before is in force already and is not put again. */
  private async attempt(): Promise<void> {
    this.timer?.cancel()
    this.observer.onStatus(CBSAuthStatus.InProgress)
    try {
      const issuedAtMs = this.nowMs
      let token = await this.get(issuedAtMs)
      if (this.expired(token)) throw expiredError(this.source)
      const same = token.token === this.current?.token
      if (!same) token = await this.putFresh(token)
      this.current = token
      this.failures = 0
      this.observer.onStatus(CBSAuthStatus.Complete)
      if (!same) {
        this.trace('is in force')
        this.observer.onRefreshed(token.expiresAtMs)
      }
      this.scheduleRenewal(token, same ? undefined : issuedAtMs)
    } catch (error) {
      this.failures++
      this.failed(error)
      throw error
    }
  }

  private get(nowMs: number): Promise<AccessToken> {
    const { audience } = this.source
    return waitFor<AccessToken>(
      (token) => {
        const wanted = new globals.AbortController()
        this.source.getToken({ signal: wanted.signal, nowMs }).then(
          (got) => token.resolve(got),
          (error) => token.reject(error),
        )
        return () => wanted.abort(this.stop.reason)
      },
      { signal: this.stop, timeoutMs: GET_TIMEOUT_MS },
      this.connection.clock,
      () =>
        new AMQPTimeoutError(`No token for "${audience}" was had within ${GET_TIMEOUT_MS} ms`, {
          timeoutMs: GET_TIMEOUT_MS,
          context: { operation: 'getting a token', address: audience },
        }),
    )
  }

  /** A token that is not taken may be one that its source had kept too long: another is put once more. */
  private async putFresh(token: AccessToken): Promise<AccessToken> {
    try {
      await this.put(token)
      return token
    } catch (error) {
      if (!(error instanceof TokenAuthFailure) || error.statusCode !== UNAUTHORIZED) throw error
      const fresh = await this.get(this.nowMs)
      if (fresh.token === token.token || this.expired(fresh)) throw error
      await this.put(fresh)
      return fresh
    }
  }

  private put(token: AccessToken): Promise<void> {
    const { audience, tokenType, timeoutMs } = this.source
    const claim = { audience, tokenType, token: token.token, expiresAtMs: token.expiresAtMs }
    return CbsClient.of(this.connection).putToken(claim, {
      timeoutMs,
      signal: this.stop,
    } satisfies WaitOptions)
  }

  /** A source that gave the same token as before is asked again when half of what is left is over. */
  private scheduleRenewal(token: AccessToken, issuedAtMs: number | undefined): void {
    const { expiresAtMs } = token
    if (expiresAtMs === undefined) return
    const delayMs =
      issuedAtMs === undefined
        ? Math.max(1_000, (expiresAtMs - this.nowMs) / 2)
        : renewalDelayMs({ issuedAtMs, expiresAtMs }, this.nowMs, this.source.refreshWindowMs, Math.random())
    this.schedule(delayMs)
  }

  private schedule(delayMs: number): void {
    if (this.stop.aborted) return
    this.timer?.cancel()
    this.timer = this.connection.clock.setTimer(delayMs, () => this.renew())
  }

  private renew(): void {
    this.observer.onStatus(CBSAuthStatus.RefreshRequired)
    this.underWay ??= this.attempt().finally(() => {
      this.underWay = undefined
    })
    this.underWay.catch(() => {})
  }

  /** While there is a token in force, renewal is tried again; without one, the next link asks anew. */
  private failed(error: unknown): void {
    if (this.stop.aborted) return
    const { current } = this
    this.trace('could not be had or put')
    this.observer.onFailure(error)
    if (current === undefined) {
      const expired = error instanceof TokenExpired
      return this.observer.onStatus(expired ? CBSAuthStatus.Expired : CBSAuthStatus.Error)
    }
    if (this.expired(current)) {
      this.current = undefined
      return this.observer.onStatus(CBSAuthStatus.Expired)
    }
    this.observer.onStatus(CBSAuthStatus.RefreshRequired)
    const leftMs = (current.expiresAtMs ?? Number.POSITIVE_INFINITY) - this.nowMs
    this.schedule(Math.min(leftMs, retryDelayMs(this.failures, Math.random())))
  }

  private end(reason: AMQPError | undefined): void {
    this.timer?.cancel()
    this.stop.abort(reason ?? closedError())
    this.current = undefined
    this.observer.onStatus(CBSAuthStatus.Idle)
  }
}

function closedError(): AMQPConnectionError {
  return new AMQPConnectionError('The connection was closed: no token is put any more', {
    phase: 'established',
    context: { operation: 'putting a token', address: '$cbs' },
  })
}

function expiredError(source: TokenSource): TokenExpired {
  return new TokenExpired(
    `The token for "${source.audience}" has expired, and its source gave no newer one`,
    {
      context: { operation: 'getting a token', address: source.audience },
    },
  )
}
