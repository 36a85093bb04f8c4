// The rules of ARCHITECTURE.md as functions over sources: path → text in, violations as readable lines out.
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { SourceScan } from './source-scan.js'

/** Rows of the import table, lowest first: a unit (a folder or a single file of lib) may import from the rows below its own. */
const rows: readonly (readonly string[])[] = [
  ['errors', 'constants', 'util', 'trace'],
  ['types'],
  ['message', 'sasl'],
  ['engine', 'transport'],
  ['mgmt'],
  ['connection', 'broker'],
  ['txn', 'cbs'],
  ['client'],
  ['index', 'cli', 'dialects'],
]
const topRow = rows.length - 1

/** Units of the lowest row and their order among each other. */
const lowestRow: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  constants: [],
  util: ['errors', 'constants'],
  trace: ['errors', 'constants', 'util'],
}

/** Where a unit may import less than the rows below it. */
const narrower: Readonly<Record<string, (unit: string, file: string) => boolean>> = {
  transport: (unit) => rowOf(unit) === 0,
  engine: (unit) => unit !== 'message',
  // Requests and answers know links by their own interfaces only.
  mgmt: (unit) => unit !== 'engine' && unit !== 'transport',
  // A connection knows what a transport is, addresses, options to hand on, and the one file that knows the concrete ones.
  connection: (unit, file) => unit !== 'transport' || connectionKnows.has(file),
}

const connectionKnows = new Set(
  ['transport', 'address', 'tls-options', 'proxy-options', 'websocket-options', 'connect'].map(
    (name) => `lib/transport/${name}.ts`,
  ),
)

const noNode = new Set(['errors', 'constants', 'util', 'trace', 'types', 'message', 'sasl', 'engine', 'mgmt'])
const bufferUnits = new Set(['transport', 'broker', 'cli'])
/** The native string routines are used in the one, and their types stand in the other. */
const bufferFiles = new Set(['lib/util/bytes.ts', 'lib/util/globals.ts'])

const maxFileLines = 400
const maxFunctionLines = 60

export interface Exemption {
  readonly file: string
  readonly function: string
  readonly reason: string
}

interface SourceFile {
  readonly path: string
  readonly unit: string
  readonly scan: SourceScan
  readonly imports: readonly {
    readonly specifier: string | undefined
    readonly target: string | undefined
    readonly line: number
  }[]
}

function rowOf(unit: string): number {
  return rows.findIndex((units) => units.includes(unit))
}

/** The unit a file of lib belongs to. */
function unitOf(path: string): string {
  return path.slice('lib/'.length).replace(/\.ts$/, '').split('/')[0] ?? ''
}

export class Sources {
  readonly #files: readonly SourceFile[]
  readonly #packages: ReadonlySet<string>

  /** `sources`: paths from `lib/` on and their texts. `packages`: the names of the run-time dependencies. */
  constructor(sources: ReadonlyMap<string, string>, packages: readonly string[] = []) {
    this.#packages = new Set(packages)
    this.#files = [...sources].map(([path, text]) => {
      const scan = new SourceScan(text)
      const imports = scan.imports().map(({ specifier, line }) => {
        const relative = specifier?.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
        return { specifier, target: relative?.replace(/\.js$/, '.ts'), line }
      })
      return { path, unit: unitOf(path), scan, imports }
    })
  }

  /** All rules at once. */
  violations(exemptions: readonly Exemption[] = []): string[] {
    return [this.imports(), this.cycles(), this.words(), this.sizes(exemptions)].flat()
  }

  /** Every import goes to a file that exists, in a row that the table allows; outside lib only where that is allowed. */
  imports(): string[] {
    const known = new Set(this.#files.map((file) => file.path))
    const found: string[] = []
    for (const file of this.#files) {
      if (rowOf(file.unit) < 0)
        found.push(`${file.path}: lib/${file.unit} stands in no row of the import table`)
      for (const { specifier, target, line } of file.imports) {
        const why = target === undefined ? this.#outside(file.unit, specifier) : inside(file, target, known)
        if (why !== undefined) found.push(`${file.path}:${line}: ${why}`)
      }
    }
    return found
  }

  #outside(unit: string, specifier: string | undefined): string | undefined {
    if (specifier === undefined) return 'what is imported is computed at run time'
    if (specifier.startsWith('node:')) return noNode.has(unit) ? `${unit} imports ${specifier}` : undefined
    if (builtinModules.includes(specifier)) return `write node:${specifier}, not ${specifier}`
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
    return this.#packages.has(name) ? undefined : `${specifier} is not a run-time dependency`
  }

  /** Chains of imports that come back to where they began, those of types included; each is told once. */
  cycles(): string[] {
    const found: string[] = []
    const byPath = new Map(this.#files.map((file) => [file.path, file]))
    const done = new Set<string>()
    const trail: string[] = []
    const visit = (path: string): void => {
      const at = trail.indexOf(path)
      if (at >= 0) found.push(`import cycle: ${[...trail.slice(at), path].join(' -> ')}`)
      if (at >= 0 || done.has(path)) return
      trail.push(path)
      for (const { target } of byPath.get(path)?.imports ?? []) if (target !== undefined) visit(target)
      trail.pop()
      done.add(path)
    }
    for (const { path } of this.#files) visit(path)
    return found
  }

  /** Names that only some layers may use, plain errors, and comments that silence a tool. */
  words(): string[] {
    return this.#files.flatMap(({ path, unit, scan }) => {
      const forbidden = unit === 'cli' ? [] : ['console']
      if (!bufferUnits.has(unit) && !bufferFiles.has(path)) forbidden.push('Buffer')
      const silenced = scan.comments.filter(({ text }) =>
        /@ts-(ignore|expect-error|nocheck)|biome-ignore/.test(text),
      )
      return [
        ...scan
          .words(...forbidden)
          .map(({ word, line }) => `${path}:${line}: ${word} is not allowed in ${unit}`),
        ...scan.bareErrors().map((line) => `${path}:${line}: a bare Error; use a class of lib/errors.ts`),
        ...silenced.map(({ line }) => `${path}:${line}: a comment that silences a tool`),
      ]
    })
  }

  /** Files and functions that are too long; an exemption that is not needed is a violation too. */
  sizes(exemptions: readonly Exemption[] = []): string[] {
    const found: string[] = []
    const unused = new Set(exemptions)
    for (const { path, scan } of this.#files) {
      if (scan.lineCount > maxFileLines)
        found.push(`${path}: ${scan.lineCount} lines, ${maxFileLines} are allowed`)
      for (const { name, line, lines } of scan.functions()) {
        if (lines <= maxFunctionLines) continue
        const exemption = exemptions.find((one) => one.file === path && one.function === name)
        if (exemption === undefined)
          found.push(`${path}:${line}: ${name} has ${lines} lines, ${maxFunctionLines} are allowed`)
        else unused.delete(exemption)
      }
    }
    for (const one of unused)
      found.push(`${one.file}: ${one.function} is exempt from the line limit without need`)
    return found
  }
}

/** Why a file may not import another file of lib; undefined when it may. */
function inside(file: SourceFile, target: string, known: ReadonlySet<string>): string | undefined {
  if (!target.startsWith('lib/')) return `${target} lies outside lib`
  if (!known.has(target)) return `${target} does not exist`
  const unit = unitOf(target)
  if (unit === file.unit || rowOf(file.unit) === topRow) return undefined
  const allowed =
    rowOf(file.unit) === 0
      ? (lowestRow[file.unit]?.includes(unit) ?? false)
      : rowOf(unit) >= 0 &&
        rowOf(unit) < rowOf(file.unit) &&
        unit !== 'broker' &&
        (narrower[file.unit]?.(unit, target) ?? true)
  return allowed ? undefined : `${file.unit} may not import ${target}`
}
