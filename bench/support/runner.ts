// Runs one case: a process for each library, warm-ups, then rounds in which the libraries take turns, so that whatever
// else the machine does meets both.

import { join } from 'node:path'
import type { Bench, BenchCase, Library } from './case.js'
import { Child } from './child.js'
import type { Numbers } from './serve.js'

const WORKER = 'clients/worker.js'
/** The first makes the code warm enough to tell how many messages fit a round, the second has so many. */
const WARM_UPS = 2

export interface Peer {
  readonly child: Child
  readonly port: number
}

export interface RunOptions {
  readonly rounds: number
  readonly seconds: number
  /** Where profiles of amqp1 go; undefined: none are made. */
  readonly profileDirectory: string | undefined
  readonly progress: (text: string) => void
}

/** Measurements of each library, round by round. */
export type Samples = Readonly<Record<Library, readonly Numbers[]>>

/** The processes of one library in one case. */
class Contender {
  readonly library: Library
  readonly samples: Numbers[] = []
  private readonly benchCase: BenchCase
  private readonly peer: Peer
  private readonly seconds: number
  private readonly nodeOptions: readonly string[]
  private readonly children: Child[] = []
  private count: number

  constructor(library: Library, benchCase: BenchCase, peer: Peer, options: RunOptions) {
    this.library = library
    this.benchCase = benchCase
    this.peer = peer
    this.seconds = options.seconds
    this.count = benchCase.count
    this.nodeOptions = benchCase.nodeOptions ?? []
  }

  private child(index: number): Child {
    this.children[index] ??= new Child(WORKER, [this.library], this.nodeOptions)
    return this.children[index]
  }

  measure(): Promise<Numbers> {
    const bench: Bench = {
      library: this.library,
      worker: this.child(0),
      peer: this.peer.child,
      port: this.peer.port,
      count: this.count,
      seconds: this.seconds,
      another: async () => this.child(1),
    }
    return this.benchCase.measure(bench)
  }

  async warmUp(): Promise<void> {
    const { rate } = await this.measure()
    if (this.benchCase.adapts !== true || rate === undefined) return
    const fitting = Math.round(rate * this.seconds)
    this.count = Math.max(20, Math.min(fitting, this.benchCase.atMost ?? Number.POSITIVE_INFINITY))
  }

  async startProfiles(): Promise<void> {
    await Promise.all(this.children.map((child) => child.run('profileStart')))
  }

  async stopProfiles(directory: string): Promise<void> {
    await Promise.all(
      this.children.map((child, i) => child.run('profileStop', { file: join(directory, `${i}.cpuprofile`) })),
    )
  }

  async end(): Promise<void> {
    await Promise.all(this.children.map((child) => child.end()))
  }
}

export async function runCase(benchCase: BenchCase, peer: Peer, options: RunOptions): Promise<Samples> {
  const { rounds, profileDirectory, progress } = options
  const ours = new Contender('amqp1', benchCase, peer, options)
  const theirs = new Contender('rhea', benchCase, peer, options)
  const contenders = [ours, theirs]
  try {
    progress(`${benchCase.name}: warming up`)
    for (let i = 0; i < WARM_UPS; i++) for (const contender of contenders) await contender.warmUp()
    if (profileDirectory !== undefined) await ours.startProfiles()
    for (let round = 1; round <= rounds; round++) {
      progress(`${benchCase.name}: round ${round} of ${rounds}`)
      for (const contender of contenders) contender.samples.push(await contender.measure())
    }
    if (profileDirectory !== undefined) await ours.stopProfiles(profileDirectory)
  } finally {
    await Promise.all(contenders.map((contender) => contender.end()))
  }
  return { amqp1: ours.samples, rhea: theirs.samples }
}
