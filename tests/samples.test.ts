// Every sample runs by itself, as a reader would run it, against the library as it is built for users.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
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

/** Runs a sample to its end. It uses the embedded broker, whatever broker a developer has named. */
async function run(name: string): Promise<{ stdout: string; stderr: string }> {
  const file = join('build-samples', `${name}.js`)
  const { AMQP1_URL: _, ...env } = process.env
  return promisify(execFile)(process.execPath, [file], { timeout: 30_000, env })
}

for (const name of samples) {
  test.serial(`the sample ${name} does its work, says so, and ends by itself`, async (t) => {
    const { stdout, stderr } = await run(name)
    t.is(stderr, '')
    t.true(stdout.split('\n').length > 1, stdout)
  })
}

test.serial('the main job shows each of the four fates of a message', async (t) => {
  const { stdout } = await run('main-job')
  for (const word of ['accept', 'reject', 'release', 'peek']) t.regex(stdout, new RegExp(word, 'i'))
})
