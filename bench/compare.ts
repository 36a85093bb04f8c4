// The benchmark: amqp1 beside rhea, both in the same run and by turns. Prints one table, the ratios in it are what counts.
// `npm run bench -- --help` tells the flags.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokerCases } from './cases/broker.js'
import { codecCases } from './cases/codec.js'
import { loopbackCases } from './cases/loopback.js'
import { memoryCases } from './cases/memory.js'
import type { BenchCase } from './support/case.js'
import { Child, killChildren } from './support/child.js'
import { type Options, readOptions, USAGE } from './support/options.js'
import { hottest } from './support/profile.js'
import { type Line, linesOf, table } from './support/report.js'
import { type Peer, runCase, type Samples } from './support/runner.js'

const HOT_FUNCTIONS = 15

function casesFor(options: Options): BenchCase[] {
  const all = [...codecCases, ...loopbackCases, ...memoryCases]
  if (options.rabbitmq !== undefined) all.push(...brokerCases(options.rabbitmq))
  return all.filter(
    ({ name, group }) =>
      (options.cases.length === 0 || options.cases.some((wanted) => name.includes(wanted))) &&
      (options.groups.length === 0 || options.groups.includes(group)),
  )
}

function environment(options: Options): string {
  const { version } = createRequire(import.meta.url)('rhea/package.json') as { version: string }
  const [cpu] = cpus()
  const machine = `${cpu?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores`
  const rounds = `medians of ${options.rounds} rounds of ${options.seconds} s, libraries by turns`
  return `amqp1 against rhea ${version}; Node ${process.version}, ${machine}; ${rounds}`
}

/** One line that is written over on a terminal, and a line each elsewhere. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
  else if (!text.includes('round')) process.stderr.write(`${text}\n`)
}

class Comparison {
  private readonly options: Options
  private readonly lines: Line[] = []
  private readonly samples: Record<string, Samples> = {}
  private readonly failures: string[] = []
  private readonly profiles: string | undefined

  constructor(options: Options) {
    this.options = options
    this.profiles = options.profile ? mkdtempSync(join(tmpdir(), 'amqp1-bench-')) : undefined
  }

  async run(cases: readonly BenchCase[]): Promise<number> {
    const child = new Child('peer/null-peer.js', [])
    const { port } = await child.run('listen')
    for (const benchCase of cases) await this.runOne(benchCase, { child, port: Number(port) })
    await child.end()
    if (process.stderr.isTTY) progress('')
    this.print()
    this.save()
    return this.failures.length === 0 ? 0 : 1
  }

  private async runOne(benchCase: BenchCase, peer: Peer): Promise<void> {
    const { rounds, seconds } = this.options
    const profileDirectory = this.profiles && join(this.profiles, benchCase.name)
    if (profileDirectory !== undefined) mkdirSync(profileDirectory)
    try {
      const samples = await runCase(benchCase, peer, { rounds, seconds, profileDirectory, progress })
      this.samples[benchCase.name] = samples
      this.lines.push(...linesOf(benchCase, samples))
    } catch (error) {
      this.failures.push(`${benchCase.name}: ${error instanceof Error ? error.message : String(error)}`)
      return
    }
    if (profileDirectory === undefined) return
    const functions = hottest(profileDirectory, HOT_FUNCTIONS).join('\n')
    process.stdout.write(`\n${benchCase.name}: self time in amqp1's process\n${functions}\n`)
  }

  /** What there is so far. */
  print(): void {
    process.stdout.write(`\n${this.text()}\n`)
    for (const failure of this.failures) process.stdout.write(`FAILED ${failure}\n`)
    if (this.profiles !== undefined) process.stdout.write(`\nProfiles are in ${this.profiles}\n`)
  }

  private text(): string {
    return `${environment(this.options)}\n\n${table(this.lines)}\n`
  }

  private save(): void {
    const { json, markdown } = this.options
    if (markdown !== undefined) writeFileSync(markdown, this.text())
    if (json === undefined) return
    const { lines, samples, failures } = this
    writeFileSync(
      json,
      JSON.stringify({ environment: environment(this.options), lines, samples, failures }, null, 2),
    )
  }
}

async function main(): Promise<number> {
  let options: Options
  try {
    options = readOptions(process.argv.slice(2), process.env)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`)
    return 1
  }
  const cases = casesFor(options)
  if (options.help) process.stdout.write(USAGE)
  else if (options.list)
    process.stdout.write(`${cases.map(({ group, name }) => `${group}  ${name}`).join('\n')}\n`)
  else if (cases.length === 0) process.stderr.write('No case has such a name; --list names them.\n')
  else return compare(options, cases)
  return options.help || options.list ? 0 : 1
}

function compare(options: Options, cases: readonly BenchCase[]): Promise<number> {
  const comparison = new Comparison(options)
  const stop = (): void => {
    killChildren()
    comparison.print()
    process.exit(130)
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  return comparison.run(cases)
}

process.exitCode = await main()
