import { readFileSync } from 'node:fs'
import test from 'ava'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

test('every dependency is justified in CONTRIBUTING.md', (t) => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
  const text = readFileSync('CONTRIBUTING.md', 'utf8')
  for (const name of Object.keys({ ...dependencies, ...devDependencies }))
    t.true(text.includes(`\`${name}\``), name)
})

test('the lock file names no host, so that every registry can serve it', (t) => {
  t.notRegex(readFileSync('package-lock.json', 'utf8'), /"resolved"/)
})
