// uAMQP was native code behind Python; README.md lists all of its defects.

import { readFileSync } from 'node:fs'
import test from 'ava'
import { Rig } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'

keepTidy(test)

interface Locked {
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly bin?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
}

test('uAMQP #284, #371, #416: nothing that a user installs is native, is built, or is for one system alone', (t) => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Readonly<Record<string, Locked>>
  }
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true)
  t.true(installed.some(([path]) => path === 'node_modules/ws'))
  for (const [path, { hasInstallScript, os, cpu, dependencies }] of installed) {
    t.not(hasInstallScript, true, path)
    t.deepEqual([os, cpu], [undefined, undefined], path)
    const builders = Object.keys(dependencies ?? {}).filter((name) => /gyp|bindings|prebuild/.test(name))
    t.deepEqual(builders, [], path)
  }
})

test.serial(
  'uAMQP #354: links and connections that the peer ends are errors for their users, and no lines in a log',
  async (t) => {
    const lines: unknown[] = []
    const streams = [process.stdout, process.stderr] as const
    const writes = streams.map((stream) => stream.write)
    for (const stream of streams) stream.write = (chunk: unknown) => lines.push(chunk) > 0
    try {
      const rig = new Rig()
      const connection = await rig.connect({ tracer: {} })
      const receiver = await rig.receiver({}, connection)
      const error = { kind: 'error', condition: 'amqp:link:detach-forced' } as const
      rig.peer.detach(rig.peer.link('in'), { closed: true, error })
      await rig.run()
      await receiver.closed
      rig.peer.close({ error: { kind: 'error', condition: 'amqp:connection:forced' } })
      await rig.run()
      await connection.closed
    } finally {
      for (const [i, stream] of streams.entries()) stream.write = writes[i] as typeof stream.write
    }
    t.deepEqual(lines, [])
  },
)
