// Profiles this process from one moment to another, so that start and warm-up do not count.

import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

const INTERVAL_MICROS = 200

let session: Session | undefined

export async function startProfile(): Promise<void> {
  session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_MICROS })
  await session.post('Profiler.start')
}

/** Writes what was seen since the start into a file that Chrome's developer tools can show. */
export async function stopProfile(file: string): Promise<void> {
  if (session === undefined) throw new Error('no profile was started')
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  session = undefined
  writeFileSync(file, JSON.stringify(profile))
}
