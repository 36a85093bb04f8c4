// Time that passes in steps shorter than any limit of a single wait, so that what falls due in a step is done in it.

import type { Stage } from '../../client/support/stage.js'

const STEP_MS = 5_000

export async function pass(stage: Stage, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= STEP_MS) await stage.clock.run(Math.min(STEP_MS, left))
  await stage.run()
}
