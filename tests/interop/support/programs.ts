// Programs of other makers, run as peers: their output, their end, and a bound to both.
import { type ChildProcess, spawn } from 'node:child_process'

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Killed when it runs for longer. Default: 15 000. */
  readonly timeoutMs?: number
}

export class Program {
  readonly child: ChildProcess
  /** What it has printed so far, on both channels. */
  output = ''
  /** What it printed, once it has ended with exit code 0; else rejects with all that it said. */
  readonly ended: Promise<string>

  constructor(
    command: string,
    args: readonly string[],
    { env = {}, timeoutMs = 15_000 }: ProgramOptions = {},
  ) {
    this.child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    }
    const name = [command, ...args].join(' ')
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.kill()
    }, timeoutMs)
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject)
      this.child.on('close', (code) => {
        clearTimeout(timer)
        if (code === 0) resolve(this.output)
        else
          reject(
            new Error(`${name} ${late ? `took over ${timeoutMs} ms` : `ended with ${code}`}: ${this.output}`),
          )
      })
    })
    this.ended.catch(() => {})
  }

  /** Ends it at once, without a chance to say goodbye. */
  kill(): void {
    this.child.kill('SIGKILL')
  }
}

/** Runs a program to its end, and answers what it printed. */
export function run(command: string, args: readonly string[], options?: ProgramOptions): Promise<string> {
  return new Program(command, args, options).ended
}
