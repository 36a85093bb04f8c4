// Packs the package as npm would publish it, installs it into an empty folder, and uses it as its users do.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import test, { type ExecutionContext } from 'ava'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
}

const folder = mkdtempSync(join(tmpdir(), 'amqp1-package-'))
const installed = join(folder, 'node_modules', 'amqp1')
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
const subpaths = Object.entries(manifest.exports).flatMap(([path, entry]) =>
  typeof entry === 'string' ? [] : [path],
)

test.after.always(() => rmSync(folder, { recursive: true, force: true }))

/** The environment without what the npm that runs these tests says about this project. */
function environment(): NodeJS.ProcessEnv {
  const own = /^npm_(package|lifecycle|config_(local_prefix|global_prefix|prefix))|^(INIT_CWD|NODE_ENV)$/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)))
}

/** Runs a program to its end and gives its output; whatever it says on failure is shown with the assertion. */
function run(t: ExecutionContext, command: string, args: readonly string[], cwd = folder): string {
  const isWindows = process.platform === 'win32'
  const options = {
    cwd,
    env: environment(),
    encoding: 'utf8',
    timeout: 110_000,
    shell: isWindows && command === 'npm',
  } as const
  const { status, stdout, stderr, error } = spawnSync(command, args, options)
  t.is(status, 0, `${command} ${args.join(' ')}\n${error ?? ''}\n${stdout}\n${stderr}`)
  return stdout
}

const specifier = (subpath: string): string => subpath.replace('.', 'amqp1')

test.serial('the package packs and installs into an empty folder', (t) => {
  t.timeout(120_000)
  run(t, 'npm', ['pack', '--pack-destination', folder, '--loglevel=error'], process.cwd())
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  t.regex(tarball, /^amqp1-.*\.tgz$/)
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "version": "1.0.0", "private": true }\n')
  cpSync(join('tests', 'package', 'consumer'), folder, { recursive: true })
  // Without dependencies nothing may be asked of a registry; with some, the user's own npm settings are used.
  const network = Object.keys(manifest.dependencies ?? {}).length === 0 ? ['--offline'] : ['--prefer-offline']
  run(t, 'npm', ['install', ...network, '--no-audit', '--no-fund', `./${tarball}`])
})

test.serial('the package holds its builds, their declarations and its papers, and nothing else', (t) => {
  const files = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const names = files.map((entry) =>
    join(entry.parentPath, entry.name)
      .slice(installed.length + 1)
      .replaceAll('\\', '/'),
  )
  const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']
  t.deepEqual(names.filter((name) => !name.startsWith('dist/')).sort(), papers)
  t.deepEqual(
    names.filter((name) => name.startsWith('dist/') && !/^dist\/(esm|cjs)\/.*(\.js|\.d\.ts)$/.test(name)),
    ['dist/cjs/package.json'],
  )
})

test.serial('every entry point gives the same names to import and to require', (t) => {
  const list = (code: string, type: string): unknown => {
    const inOrder =
      'process.stdout.write(JSON.stringify(names.map((one) => Object.keys(one).filter((k) => k !== "default").sort())))'
    return JSON.parse(run(t, process.execPath, [`--input-type=${type}`, '-e', `${code}; ${inOrder}`]))
  }
  const specifiers = JSON.stringify(subpaths.map(specifier))
  const imported = list(
    `const names = await Promise.all(${specifiers}.map((name) => import(name)))`,
    'module',
  )
  const required = list(`const names = ${specifiers}.map((name) => require(name))`, 'commonjs')
  t.deepEqual(imported, required)
  t.true((imported as string[][]).every((names) => names.length > 0))
})

for (const [file, text] of [
  ['main-job.mjs', 'from an ES module'],
  ['main-job.cjs', 'from CommonJS'],
] as const) {
  test.serial(`${file} sends, receives and accepts a message on the embedded broker`, (t) => {
    const output: unknown = JSON.parse(run(t, process.execPath, [file]))
    t.deepEqual(output, { text, another: 'none', codec: 'x' })
  })
}

for (const [extension, lib] of [
  ['mts', undefined],
  ['cts', undefined],
  ['mts', ['es2022', 'esnext.disposable']],
] as const) {
  const libraries = lib === undefined ? 'the default library' : 'no DOM'
  test.serial(`strict TypeScript (.${extension}) compiles without types of Node, with ${libraries}`, (t) => {
    const config = {
      compilerOptions: {
        target: 'es2022',
        ...(lib && { lib }),
        module: 'nodenext',
        types: [],
        strict: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
      },
      files: [`strict.${extension}`],
    }
    writeFileSync(join(folder, `strict.${extension}`), readFileSync(join(folder, 'strict.ts')))
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    run(t, process.execPath, [resolve('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'])
  })
}
