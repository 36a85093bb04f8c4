// Brings node_modules and the build directories up to date, and does nothing when they are.
// Uses only what Node brings along: on a fresh clone there is nothing else.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { refineDeclarations } from './declarations.mjs'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** A failure whose message is all the user needs to see. */
export class Failure extends Error {}

export const say = (text) => process.stdout.write(`${text}\n`)

/** Seconds since `start` (of `performance.now()`), as text. */
export const seconds = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`

/** Runs a script's main function; a Failure is printed without its stack, and either way the exit code is 1. */
export async function main(run) {
  try {
    process.exitCode = await run(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(error instanceof Failure ? `${error.message}\n` : `${error.stack}\n`)
    process.exitCode = 1
  }
}

/** Runs Node on a file of the project with the user's terminal, and gives its exit code. */
export function node(args, options = {}) {
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', ...options })
  if (result.error) throw result.error
  return result.status ?? 1
}

export const tsc = (...args) => node([join('node_modules', 'typescript', 'bin', 'tsc'), ...args])

function npm(...args) {
  const cli = process.env.npm_execpath
  if (cli?.endsWith('npm-cli.js')) return node([cli, ...args])
  const result = spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (result.error) throw new Failure(`npm cannot be run: ${result.error.message}`)
  return result.status ?? 1
}

const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'))

/** Whether node_modules holds every package of package-lock.json in the version named there. */
function isInstalled() {
  if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) return false
  const installed = readJson('node_modules/.package-lock.json').packages
  return Object.entries(readJson('package-lock.json').packages).every(([path, wanted]) => {
    if (path === '' || wanted.link) return true
    const found = installed[path]
    // An optional package may be left out, for instance because it is made for another platform.
    if (!found) return wanted.optional === true || wanted.devOptional === true
    return found.version === wanted.version && found.integrity === wanted.integrity
  })
}

/** Installs the dependencies as the lock file says. */
export function ensureInstalled() {
  if (isInstalled()) return
  say('Installing dependencies (npm ci) ...')
  const start = performance.now()
  if (npm('ci', '--include=dev', '--no-audit', '--no-fund') !== 0) throw new Failure('npm ci failed.')
  say(`Installed in ${seconds(start)}.`)
}

const empty = (directory) => {
  rmSync(join(root, directory), { recursive: true, force: true })
  mkdirSync(join(root, directory), { recursive: true })
}

const compile = (what, ...args) => {
  if (tsc(...args) !== 0) throw new Failure(`The ${what} did not compile.`)
}

const commonJsHere = (directory) =>
  writeFileSync(join(root, directory, 'package.json'), '{"type":"commonjs"}\n')

const targets = {
  library: {
    directory: 'dist',
    inputs: ['lib', 'scripts', 'tsconfig.base.json', 'tsconfig.build.json', 'tsconfig.cjs.json'],
    make() {
      compile('library', '-p', 'tsconfig.build.json')
      compile('library', '-p', 'tsconfig.cjs.json')
      commonJsHere('dist/cjs')
      const entries = Object.values(readJson('package.json').exports).filter(
        (entry) => typeof entry === 'object',
      )
      for (const condition of ['import', 'require']) {
        const files = entries.map((entry) => join(root, entry[condition].types))
        refineDeclarations(join(root, condition === 'import' ? 'dist/esm' : 'dist/cjs'), files)
      }
    },
  },
  tests: {
    directory: 'build-test',
    inputs: ['lib', 'tests', 'scripts', 'tsconfig.base.json', 'tsconfig.test.json'],
    make() {
      compile('tests', '-p', 'tsconfig.test.json', '--noEmitOnError')
      commonJsHere('build-test')
    },
  },
  samples: {
    directory: 'build-samples',
    inputs: ['lib', 'samples', 'scripts', 'tsconfig.base.json', 'tsconfig.samples.json'],
    make: () => compile('samples', '-p', 'tsconfig.samples.json'),
  },
  benchmarks: {
    directory: 'build-bench',
    inputs: ['lib', 'bench', 'scripts', 'tsconfig.base.json', 'tsconfig.bench.json'],
    make: () => compile('benchmarks', '-p', 'tsconfig.bench.json'),
  },
}

const sourceKinds = new Set(['.ts', '.json', '.mjs'])

/** Every source file below `path` (or that file itself), sorted, relative to the project with forward slashes. */
export function sourceFiles(path) {
  const absolute = join(root, path)
  if (!existsSync(absolute)) return []
  if (extname(path) !== '') return [path]
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && sourceKinds.has(extname(entry.name)))
    .map((entry) =>
      relative(root, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    )
    .sort()
}

/** Identifies what a target is made from: its sources, the compiler and the dependencies. */
function fingerprint(inputs) {
  const hash = createHash('sha256')
  for (const file of ['package.json', 'package-lock.json', ...inputs.flatMap(sourceFiles)]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

/** Builds a target unless it is already made from exactly the present sources. */
export function ensureBuilt(name, { always = false } = {}) {
  const target = targets[name]
  const stamp = join(root, target.directory, '.stamp')
  const wanted = fingerprint(target.inputs)
  if (!always && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say(`Building the ${name} into ${target.directory}/ ...`)
  const start = performance.now()
  empty(target.directory)
  target.make()
  writeFileSync(stamp, wanted)
  say(`Built in ${seconds(start)}.`)
}
