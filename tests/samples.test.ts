// Every sample runs by itself, as a reader would run it, against the library as it is built for users.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'

const samples = readdirSync('samples').flatMap((name) =>
  name.endsWith('.ts') ? [name.slice(0, -'.ts'.length)] : [],
)

test('there is a sample of the main job', (t) => {
  t.true(samples.includes('main-job'), samples.join(', '))
})

for (const name of samples) {
  test(`the sample ${name} does its work, says so, and ends by itself`, (t) => {
    const file = join('build-samples', `${name}.js`)
    t.true(existsSync(file), `${file} is not built; npm test builds it`)
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
      encoding: 'utf8',
      timeout: 30_000,
    })
    t.is(status, 0, `${stdout}\n${stderr}`)
    t.is(stderr, '')
    t.true(stdout.split('\n').length > 1, stdout)
  })
}

test('the main job shows each of the four fates of a message', (t) => {
  const { stdout } = spawnSync(process.execPath, [join('build-samples', 'main-job.js')], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  for (const word of ['accept', 'reject', 'release', 'peek']) t.regex(stdout, new RegExp(word, 'i'))
})
