// One listener on an abort signal for all who wait with it: thousands of messages may be sent with one signal, and
// platforms warn of a leak from the eleventh listener on.

import type { AbortSignalLike } from '../util/deferred.js'

class SharedSignal implements AbortSignalLike {
  private readonly signal: AbortSignalLike
  private readonly listeners = new Set<() => void>()

  constructor(signal: AbortSignalLike) {
    this.signal = signal
  }

  get aborted(): boolean {
    return this.signal.aborted
  }

  get reason(): unknown {
    return this.signal.reason
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.listeners.size === 0) this.signal.addEventListener('abort', this.onAbort)
    this.listeners.add(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const removed = this.listeners.delete(listener)
    if (removed && this.listeners.size === 0) this.signal.removeEventListener('abort', this.onAbort)
  }

  private readonly onAbort = (): void => {
    for (const listener of [...this.listeners]) listener()
  }
}

const shared = new WeakMap<AbortSignalLike, SharedSignal>()

/** Stands for the signal; takes any number of listeners at the cost of one. */
export function sharedSignal<T extends AbortSignalLike | undefined>(signal: T): AbortSignalLike | T {
  if (signal === undefined || signal instanceof SharedSignal) return signal
  let one = shared.get(signal)
  if (one === undefined) {
    one = new SharedSignal(signal)
    shared.set(signal, one)
  }
  return one
}
