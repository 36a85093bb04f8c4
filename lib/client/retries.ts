// One operation that may be tried again: asks the error policy, waits, counts. A wait concerns nothing but this operation.

import type { ErrorPolicy } from '../connection/error-policy.js'
import {
  AMQPConnectionError,
  type AMQPError,
  AMQPTimeoutError,
  LinkDetach,
  MessageSendFailed,
  SessionEnd,
} from '../errors.js'
import type { Tracer } from '../trace/tracer.js'
import type { Clock } from '../util/clock.js'
import { type AbortSignalLike, type WaitOptions, waitFor } from '../util/deferred.js'

export class Retries {
  /** Tries after the first one. */
  tries = 0
  /** Those of them that count against the policy's `maxRetries`. */
  private counted = 0
  private readonly policy: ErrorPolicy | undefined
  private readonly clock: Clock
  private readonly ending: AbortSignalLike
  private readonly tracer: Tracer | undefined

  /** Without a policy nothing is tried again, and nothing once `ending` aborts. */
  constructor(
    policy: ErrorPolicy | undefined,
    clock: Clock,
    ending: AbortSignalLike,
    tracer: Tracer | undefined,
  ) {
    this.policy = policy
    this.clock = clock
    this.ending = ending
    this.tracer = tracer
  }

  /**
   * Waits until it is time to try again after `error`. Rejects with the error itself when that is not to be, when no time is
   * left for it, or when it all ends meanwhile; with the signal's reason when that aborts.
   */
  async pause(error: unknown, { signal, timeoutMs }: WaitOptions): Promise<void> {
    const { policy } = this
    if (policy === undefined || !isMatterOfPolicy(error) || this.ending.aborted) throw error
    const action = policy.actionFor(error)
    if (!action.retry || (action.incrementRetries && this.counted >= policy.maxRetries)) throw error
    const delayMs = policy.delayMs(action, this.tries, Math.random())
    if (timeoutMs !== undefined && timeoutMs <= delayMs) throw error
    this.tracer?.event?.(() => `tries again in ${Math.round(delayMs)} ms: ${error.message}`)
    await this.wait(delayMs, error, signal)
    this.tries++
    if (action.incrementRetries) this.counted++
  }

  private async wait(delayMs: number, error: AMQPError, signal: AbortSignalLike | undefined): Promise<void> {
    const { clock, ending } = this
    let onEnding = (): void => {}
    try {
      await waitFor<void>(
        (over) => {
          const timer = clock.setTimer(delayMs, () => over.resolve())
          onEnding = () => {
            timer.cancel()
            over.reject(error)
          }
          ending.addEventListener('abort', onEnding)
          return () => timer.cancel()
        },
        { signal },
        clock,
        () => error,
      )
    } finally {
      ending.removeEventListener('abort', onEnding)
    }
  }
}

/** What the peer or the network did; mistakes of the caller and aborts are no matter of trying again. */
function isMatterOfPolicy(error: unknown): error is AMQPError {
  return (
    error instanceof MessageSendFailed ||
    error instanceof LinkDetach ||
    error instanceof SessionEnd ||
    error instanceof AMQPConnectionError ||
    error instanceof AMQPTimeoutError
  )
}
