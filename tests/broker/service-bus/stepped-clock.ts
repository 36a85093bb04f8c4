// A clock that a test moves by steps, for a broker that speaks over real sockets: time stands still, the event loop
// does not. Its calendar begins today, so that tokens of the SDK are in force.

import { FakeClock } from '../../support/fake-clock.js'

export class SteppedClock extends FakeClock {
  constructor() {
    super()
    this.dateMs = Date.now() - this.now()
  }

  override defer(fn: () => void): void {
    setImmediate(fn)
  }
}

/** Waits until something is so, which the event loop brings about. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}
