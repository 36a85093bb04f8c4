// An attempt to open that several wait for, each as long as it likes. When the last of them has left, it is called off.

import { sharedSignal } from '../connection/shared-signal.js'
import type { AMQPError } from '../errors.js'
import { Abort } from '../util/abort.js'
import type { Clock } from '../util/clock.js'
import { type AbortSignalLike, type WaitOptions, waitFor } from '../util/deferred.js'

export class Opening<L> {
  readonly link: Promise<L>
  private readonly abort = new Abort()
  private waiting = 0

  constructor(start: (signal: AbortSignalLike) => Promise<L>) {
    this.link = start(this.abort)
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

  callOff(reason: unknown): void {
    this.abort.abort(reason)
  }
}
