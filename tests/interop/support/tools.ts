// Clients of other makers that a story may need beside its broker.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { brokersHome } from './peers.js'

export interface Tool {
  readonly name: string
  isThere(): boolean
}

export const uamqp: Tool = {
  name: 'python3-uamqp',
  isThere: () => spawnSync('/usr/bin/python3', ['-c', 'import uamqp'], { timeout: 10_000 }).status === 0,
}

/** Qpid Proton's example programs in C: `send`, `receive`, `send-abort`. */
export const programFolder = join(brokersHome, 'proton-c')

export const protonPrograms: Tool = {
  name: "Proton's C programs",
  isThere: () => existsSync(join(programFolder, 'send')),
}

/** Qpid Proton's examples in Python. */
export const exampleFolder = '/usr/share/proton/examples/python'

export const protonExamples: Tool = {
  name: "Proton's Python examples",
  isThere: () => existsSync(join(exampleFolder, 'simple_send.py')),
}
