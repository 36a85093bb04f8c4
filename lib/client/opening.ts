// An attempt to open that several wait for, each as long as it likes. When the last of them has left, it is called off.

import { sharedSignal } from '../connection/shared-signal.js'
import type { AMQPError } from '../errors.js'
import { Abort } from '../util/abort.js'
import type { Clock } from '../util/clock.js'
import { type AbortSignalLike, type WaitOptions, waitFor } from '../util/deferred.js'

export class Opening<L> {
  readonly link: Promise<L>
  private readonly start: (signal: AbortSignalLike) => Promise<L>
  private attempt = new Abort()
  private again = false
  private waiting = 0

  constructor(start: (signal: AbortSignalLike) => Promise<L>) {
    this.start = start
    this.link = this.run()
  }

  private async run(): Promise<L> {
    for (;;) {
      try {
        return await this.start(this.attempt)
      } catch (error) {
        if (!this.again) throw error
        this.again = false
        this.attempt = new Abort()
      }
    }
  }

  /** `onDeserted` is called when this was the last who waited. */
  join(
    wait: WaitOptions,
    clock: Clock,
    describe: () => AMQPError,
    onDeserted: (reason: unknown) => void,
  ): Promise<L> {
    return waitFor<L>(
      (done) => {
        this.waiting++
        this.link.then(
          (link) => done.resolve(link),
          (error) => done.reject(error),
        )
        return () => {
          if (--this.waiting === 0) onDeserted(wait.signal?.reason)
        }
      },
      { signal: sharedSignal(wait.signal), timeoutMs: wait.timeoutMs },
      clock,
      describe,
    )
  }

  /** Leaves what is under way, and begins anew for all who wait. */
  startOver(reason: unknown): void {
    if (this.attempt.aborted) return
    this.again = true
    this.attempt.abort(reason)
  }

  callOff(reason: unknown): void {
    this.again = false
    this.attempt.abort(reason)
  }
}
