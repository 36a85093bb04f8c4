// Where the time of a process went: self time by function, from the profiles that node writes.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}

interface Profile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** The last one is the inspector itself. */
const NOT_WORK = new Set(['(idle)', '(root)', 'dispatch'])

/** The functions with the most self time of all profiles in a directory: name, place, and share in percent. */
export function hottest(directory: string, most: number): string[] {
  const self = new Map<string, number>()
  let total = 0
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'))) {
    const profile = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Profile
    const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
    for (const [i, id] of profile.samples.entries()) {
      const node = nodes.get(id)
      if (node === undefined || NOT_WORK.has(node.callFrame.functionName)) continue
      const micros = profile.timeDeltas[i] ?? 0
      const name = nameOf(node)
      self.set(name, (self.get(name) ?? 0) + micros)
      total += micros
    }
  }
  return [...self]
    .sort((a, b) => b[1] - a[1])
    .slice(0, most)
    .map(([name, micros]) => `${((micros / total) * 100).toFixed(1).padStart(5)} %  ${name}`)
}

function nameOf({ callFrame }: ProfileNode): string {
  const { functionName, url, lineNumber } = callFrame
  const place = url === '' ? '' : `  ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`
  return `${functionName === '' ? '(anonymous)' : functionName}${place}`
}
