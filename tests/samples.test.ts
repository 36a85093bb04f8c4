// Every sample runs by itself, as a reader would run it, against the library as it is built for users.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'

const samples = readdirSync('samples').flatMap((name) =>
  name.endsWith('.ts') ? [name.slice(0, -'.ts'.length)] : [],
)

test('there is a sample of the main job', (t) => {
  t.true(samples.includes('main-job'), samples.join(', '))
})

test('samples/README.md tells of each sample', (t) => {
  const text = readFileSync(join('samples', 'README.md'), 'utf8')
  const told = [...text.matchAll(/^\| \[(.+?)\]\((.+?)\.ts\) +\|/gm)].map(([, name, file]) => [name, file])
  t.deepEqual(told.sort(), samples.map((name) => [name, name]).sort())
})

/** Samples use the embedded broker, whatever broker a developer has named. */
function run(name: string) {
  const { AMQP1_URL: _, ...env } = process.env
  const options = { encoding: 'utf8', timeout: 30_000, env } as const
  return spawnSync(process.execPath, [join('build-samples', `${name}.js`)], options)
}

for (const name of samples) {
  test(`the sample ${name} does its work, says so, and ends by itself`, (t) => {
    const file = join('build-samples', `${name}.js`)
    t.true(existsSync(file), `${file} is not built; npm test builds it`)
    const { status, stdout, stderr } = run(name)
    t.is(status, 0, `${stdout}\n${stderr}`)
    t.is(stderr, '')
    t.true(stdout.split('\n').length > 1, stdout)
  })
}

test('the main job shows each of the four fates of a message', (t) => {
  const { stdout } = run('main-job')
  for (const word of ['accept', 'reject', 'release', 'peek']) t.regex(stdout, new RegExp(word, 'i'))
})
