// A Proton broker of one test alone, with settings of its own, that may be killed.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { brokerScripts, brokersHome } from './peers.js'
import { Program } from './programs.js'

const startMs = 8_000

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Starts one on free ports with these settings in its environment; it is gone when the test is over. */
export async function startProton(
  t: ExecutionContext,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly url: string; readonly program: Program }> {
  const port = await freePort()
  const args = ['-u', join(brokerScripts, 'proton_broker.py'), String(port), String(await freePort())]
  const program = new Program('/usr/bin/python3', [...args, join(brokersHome, 'tls')], {
    env,
    timeoutMs: 60_000,
  })
  t.teardown(() => program.kill())
  const deadline = performance.now() + startMs
  while (!(await answers(port))) {
    if (program.child.exitCode !== null) throw new Error(`the broker ended: ${program.output}`)
    if (performance.now() > deadline) throw new Error(`the broker does not listen: ${program.output}`)
    await pause(50)
  }
  return { url: `amqp://127.0.0.1:${port}`, program }
}
