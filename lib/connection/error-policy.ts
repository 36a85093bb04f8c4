// What to do about a failure: try again or not, and after how long. Pure functions of the error and a random number; who
// tries again keeps the count and the time.

import { ErrorCodes } from '../constants.js'
import { AMQPConnectionError, type AMQPError, LinkDetach, SessionEnd } from '../errors.js'
import { boolean, callback, checkOptions, duration, integer, texts } from '../util/options.js'

export interface ErrorActionOptions {
  /** Try again. Default: false. */
  readonly retry?: boolean | undefined
  /** Wait so many milliseconds before, give or take a fifth. Default: by the policy's schedule. */
  readonly backoffMs?: number | undefined
  /** Count this try against `maxRetries`. Default: true. */
  readonly incrementRetries?: boolean | undefined
}

/** What an {@link ErrorPolicy} says is to be done. */
export class ErrorAction {
  readonly retry: boolean
  /** Undefined: by the policy's schedule. */
  readonly backoffMs: number | undefined
  readonly incrementRetries: boolean

  /** @throws TypeError or RangeError naming the option that is unknown or cannot be */
  constructor(options: ErrorActionOptions = {}) {
    checkOptions('ErrorAction', options, { retry: boolean, backoffMs: duration, incrementRetries: boolean })
    this.retry = options.retry ?? false
    this.backoffMs = options.backoffMs
    this.incrementRetries = options.incrementRetries ?? true
  }
}

export interface ErrorPolicyOptions {
  /** Tries after the first one, for each message and for each opening. Default: 3. */
  readonly maxRetries?: number | undefined
  /** Wait before the first of these, in milliseconds; each further wait is twice as long, give or take a fifth. Default: 200. */
  readonly backoffMs?: number | undefined
  /** No wait of this schedule is longer, in milliseconds, give or take a fifth. Default: 30 000. */
  readonly maxBackoffMs?: number | undefined
  /** Conditions after which nothing is tried again, whatever else is said of them. Default: none. */
  readonly noRetry?: readonly string[] | undefined
  /** Asked first, about every error; undefined leaves it to the policy. */
  readonly onError?: ((error: AMQPError) => ErrorAction | undefined) | undefined
}

/** Further doublings change nothing that anybody would live to see. */
const MOST_DOUBLINGS = 30
/** A throttled service wants to be left alone for so long. */
const BUSY = 'com.microsoft:server-busy'
const BUSY_BACKOFF_MS = 4_000

const CONDITIONS: ReadonlySet<string> = new Set(Object.values(ErrorCodes))
const GIVE_UP = new ErrorAction()

const CHECKS = {
  maxRetries: integer(0),
  backoffMs: duration,
  maxBackoffMs: duration,
  noRetry: texts,
  onError: callback,
}

/**
 * Says what a client does when a message is not accepted, or a link or connection cannot be had. Without an `onError` of
 * your own, what is `retryable` is tried again, and what is `inDoubt` never: that could double a message. A service that is
 * busy (`com.microsoft:server-busy`) is left alone for 4 seconds, or the policy's `backoffMs` if that is longer. Subclasses
 * may override the hooks.
 */
export class ErrorPolicy {
  readonly maxRetries: number
  readonly backoffMs: number
  readonly maxBackoffMs: number
  readonly noRetry: readonly string[]
  private readonly ask: ErrorPolicyOptions['onError']

  /** @throws TypeError or RangeError naming the option that is unknown or cannot be */
  constructor(options: ErrorPolicyOptions = {}) {
    checkOptions('ErrorPolicy', options, CHECKS)
    this.maxRetries = options.maxRetries ?? 3
    this.backoffMs = options.backoffMs ?? 200
    this.maxBackoffMs = options.maxBackoffMs ?? 30_000
    this.noRetry = options.noRetry ?? []
    this.ask = options.onError
  }

  /** A message was not accepted, or nothing is known of its fate. */
  onMessageError(error: AMQPError): ErrorAction {
    return this.usual(error)
  }

  /** A link was refused or lost, alone or with its session. */
  onLinkError(error: AMQPError): ErrorAction {
    return this.usual(error)
  }

  /** A connection was refused or lost. */
  onConnectionError(error: AMQPError): ErrorAction {
    return this.usual(error)
  }

  /** The peer gave a condition that the specification does not know. */
  onUnrecognizedError(error: AMQPError): ErrorAction {
    return this.usual(error)
  }

  /** @internal What to do after `error`, by the first of these who has something to say. */
  actionFor(error: AMQPError): ErrorAction {
    if (error.condition !== undefined && this.noRetry.includes(error.condition)) return GIVE_UP
    return this.ask?.(error) ?? this.byKind(error)
  }

  private byKind(error: AMQPError): ErrorAction {
    if (error.condition !== undefined && !CONDITIONS.has(error.condition))
      return this.onUnrecognizedError(error)
    const { cause } = error
    if (isConnectionError(error) || isConnectionError(cause)) return this.onConnectionError(error)
    if (isLinkError(error) || isLinkError(cause)) return this.onLinkError(error)
    return this.onMessageError(error)
  }

  private usual(error: AMQPError): ErrorAction {
    const retry = error.retryable && !error.inDoubt
    return error.condition === BUSY
      ? new ErrorAction({ retry, backoffMs: Math.max(BUSY_BACKOFF_MS, this.backoffMs) })
      : new ErrorAction({ retry })
  }

  /** @internal How long to wait before the try after `retries` others; `random` is from 0 to 1. */
  delayMs(action: ErrorAction, retries: number, random: number): number {
    const scheduledMs = Math.min(this.maxBackoffMs, this.backoffMs * 2 ** Math.min(retries, MOST_DOUBLINGS))
    return (action.backoffMs ?? scheduledMs) * (0.8 + 0.4 * random)
  }
}

function isConnectionError(error: unknown): boolean {
  return error instanceof AMQPConnectionError
}

function isLinkError(error: unknown): boolean {
  return error instanceof LinkDetach || error instanceof SessionEnd
}
