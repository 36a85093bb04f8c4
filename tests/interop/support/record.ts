// What the stories found out, for the table in README.md: one line of JSON for each that was told to its end, and for
// the version that a broker says of itself.
import { appendFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const file = process.env['AMQP1_INTEROP_RECORD']

/** The file of the story below tests/interop, without its ending. */
function group(): string {
  const path = relative(process.cwd(), fileURLToPath(test.meta.file)).split(sep).join('/')
  return path.replace(/^.*tests\/interop\//, '').replace(/\.test\.[jt]s$/, '')
}

export function record(about: Readonly<Record<string, string | undefined>>): void {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ group: group(), ...about })}\n`)
}
