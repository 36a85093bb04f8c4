// A promise with its handles outside, and the one way in which anything here waits: for a result, an abort
// signal or a time limit, whichever comes first. Whatever was registered for a wait is gone when the wait is
// over.

import type { AMQPError } from '../errors.js'
import type { Clock, Timer } from './clock.js'

/** What is used of an `AbortSignal`. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** How long a wait may last. */
export interface WaitOptions {
  /** Ends the wait when it aborts; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined
  /** Ends the wait after so many milliseconds. Default: no limit. */
  readonly timeoutMs?: number | undefined
}

export class Deferred<T> {
  readonly promise: Promise<T>
  /** True once it was resolved or rejected; what comes after the first is ignored. */
  done: boolean
  private resolvePromise: ((value: T) => void) | undefined
  private rejectPromise: ((reason: unknown) => void) | undefined

  constructor() {
    this.done = false
    this.resolvePromise = undefined
    this.rejectPromise = undefined
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolvePromise = resolve
      this.rejectPromise = reject
    })
  }

  resolve(value: T): void {
    this.done = true
    this.resolvePromise?.(value)
  }

  reject(reason: unknown): void {
    this.done = true
    this.rejectPromise?.(reason)
  }
}

/** Starts what a wait is for. It may return a function that calls it off when the wait ends before. */
export type StartWait<T> = (deferred: Deferred<T>) => (() => void) | undefined

/**
 * Waits for what `start` will resolve or reject its Deferred with. On abort it rejects with `signal.reason`,
 * on timeout with what `describe` makes. A signal that is aborted already rejects without `start` being
 * called.
 */
export function waitFor<T>(
  start: StartWait<T>,
  options: WaitOptions,
  clock: Clock,
  describe: () => AMQPError,
): Promise<T> {
  return waitUntil(start, options, clock, (deferred) => deferred.reject(describe()))
}

/**
 * As {@link waitFor}, but `onTimeout` decides what a timeout means: it must resolve or reject the Deferred.
 */
export function waitUntil<T>(
  start: StartWait<T>,
  options: WaitOptions,
  clock: Clock,
  onTimeout: (deferred: Deferred<T>) => void,
): Promise<T> {
  const { signal, timeoutMs } = options
  const deferred = new Deferred<T>()
  if (signal?.aborted) {
    deferred.reject(signal.reason)
    return deferred.promise
  }
  let cancel: (() => void) | undefined
  try {
    cancel = start(deferred)
  } catch (error) {
    deferred.reject(error)
  }
  if (deferred.done || (signal === undefined && !isLimit(timeoutMs))) return deferred.promise

  let timer: Timer | undefined
  const cleanUp = (): void => {
    timer?.cancel()
    signal?.removeEventListener('abort', onAbort)
  }
  const giveUp = (settle: () => void): void => {
    if (deferred.done) return
    settle()
    cleanUp()
    cancel?.()
  }
  const onAbort = (): void => giveUp(() => deferred.reject(signal?.reason))
  signal?.addEventListener('abort', onAbort)
  if (isLimit(timeoutMs)) timer = clock.setTimer(timeoutMs, () => giveUp(() => onTimeout(deferred)))
  deferred.promise.then(cleanUp, cleanUp)
  return deferred.promise
}

function isLimit(timeoutMs: number | undefined): timeoutMs is number {
  return timeoutMs !== undefined && timeoutMs !== Number.POSITIVE_INFINITY
}
