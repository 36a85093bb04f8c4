// The parent's side: a child process that does jobs. Whatever happens to the parent, no child outlives it.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Numbers, Params, Reply, Request } from './serve.js'

/** A job that takes longer has gone wrong. */
const JOB_LIMIT_MS = 120_000

interface Waiting {
  readonly resolve: (result: Numbers) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

const running = new Set<ChildProcess>()

/** Ends every child by its id. */
export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL')
}

process.on('exit', killChildren)

export class Child {
  private readonly process: ChildProcess
  private readonly name: string
  private readonly waiting = new Map<number, Waiting>()
  private nextId = 0

  /** `file` is relative to the directory of benchmarks. */
  constructor(file: string, args: readonly string[], nodeOptions: readonly string[] = []) {
    this.name = [file, ...args].join(' ')
    this.process = fork(fileURLToPath(new URL(`../${file}`, import.meta.url)), [...args], {
      execArgv: ['--expose-gc', ...nodeOptions],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    running.add(this.process)
    this.process.on('message', (reply: Reply) => this.onReply(reply))
    this.process.on('exit', (code, signal) => {
      running.delete(this.process)
      this.failAll(new Error(`${this.name} ended with ${signal ?? code}`))
    })
  }

  run(job: string, params: Params = {}): Promise<Numbers> {
    return new Promise((resolve, reject) => {
      const id = this.nextId++
      const timer = setTimeout(() => {
        this.process.kill('SIGKILL')
        reject(new Error(`${this.name}: ${job} did not end within ${JOB_LIMIT_MS / 1000} s`))
      }, JOB_LIMIT_MS)
      this.waiting.set(id, { resolve, reject, timer })
      const request: Request = { id, job, params }
      this.process.send(request, (error) => {
        if (error !== null) this.failAll(error)
      })
    })
  }

  /** Resolves when the process is gone. */
  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const gone = new Promise<void>((resolve) => {
      this.process.once('exit', () => resolve())
    })
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 5000)
    if (this.process.connected) this.process.disconnect()
    await gone
    clearTimeout(timer)
  }

  private onReply({ id, result, error }: Reply): void {
    const waiting = this.waiting.get(id)
    if (waiting === undefined) return
    this.waiting.delete(id)
    clearTimeout(waiting.timer)
    if (result !== undefined) waiting.resolve(result)
    else waiting.reject(new Error(error))
  }

  private failAll(error: Error): void {
    for (const { reject, timer } of this.waiting.values()) {
      clearTimeout(timer)
      reject(error)
    }
    this.waiting.clear()
  }
}
