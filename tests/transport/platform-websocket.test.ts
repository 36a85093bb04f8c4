import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import test from 'ava'

const LIMIT_MS = 60_000

interface Results {
  readonly lengths: readonly number[]
  readonly text: string
  readonly closed: string
  readonly broken: string
}

test("by the platform's own WebSocket messages go and come, and no peer can end the process", (t) => {
  const flags = 'WebSocket' in globalThis ? [] : ['--experimental-websocket']
  const program = join(__dirname, '..', 'support', 'platform-websocket.js')
  const env = { ...process.env, NODE_V8_COVERAGE: undefined }
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, program], {
    env,
    encoding: 'utf8',
    timeout: LIMIT_MS,
  })
  t.is(status, 0, stderr)
  const { lengths, text, closed, broken } = JSON.parse(stdout) as Results
  t.deepEqual(lengths, [1, 70_000, 3_000_000])
  t.regex(text, /^AMQPConnectionError: .*it sent a text message, which AMQP knows nothing of/)
  t.regex(closed, /^AMQPConnectionError: .*closed the WebSocket with 1008 "not you"/)
  t.regex(broken, /^AMQPConnectionError: .*it broke off the WebSocket/)
})
