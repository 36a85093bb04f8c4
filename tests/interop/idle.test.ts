// Time without messages: both sides keep the other one alive, and a peer that is silent for too long is given up.
import { setTimeout as pause } from 'node:timers/promises'
import { AMQPConnectionError, Connection, ConnectionClose, MessageSendFailed } from '../../lib/index.js'
import { artemis, brokerJ, proton, protonC, rabbitmq3, rabbitmq4, urlOf } from './support/peers.js'
import { startProton } from './support/private-proton.js'
import { type Stage, stepMs, story } from './support/story.js'

/** RabbitMQ 4 and Broker-J take no announcement below one second, and half of what we allow is announced. */
const idleTimes = [
  { peer: rabbitmq4, idleTimeoutMs: 2000 },
  { peer: rabbitmq3, idleTimeoutMs: 2000 },
  { peer: proton, idleTimeoutMs: 400 },
  { peer: protonC, idleTimeoutMs: 400 },
  { peer: artemis, idleTimeoutMs: 400 },
  { peer: brokerJ, idleTimeoutMs: 2000 },
]

async function isUsable(stage: Stage, connection: Connection): Promise<void> {
  stage.t.true(connection.isOpen)
  const sender = await connection.createSender(await stage.queue())
  stage.t.is((await sender.send('still here', { timeoutMs: stepMs })).kind, 'accepted')
}

for (const { peer, idleTimeoutMs } of idleTimes) {
  story(
    peer,
    `keeps a connection alive that asks for a sign of life within ${idleTimeoutMs} ms, for twice as long [2.4.5]`,
    async (_t, stage) => {
      const connection = await stage.connect({ idleTimeoutMs })
      await pause(2 * idleTimeoutMs + 100)
      await isUsable(stage, connection)
    },
  )
}

story(
  brokerJ,
  'closes a connection that asks for a sign of life more often than each second, and says why [2.4.5]',
  async (t, { peer }) => {
    const connecting = Connection.connect(urlOf(peer), { timeoutMs: stepMs, idleTimeoutMs: 1000 })
    const error = await t.throwsAsync(connecting, { instanceOf: ConnectionClose })
    t.regex(error.message, /Requested idle timeout of 500 is too low/)
  },
)

story(
  proton,
  'we keep a connection alive with a broker that gives clients up after a second of silence [2.4.5]',
  async (t, stage) => {
    const { url } = await startProton(t, { IDLE_TIMEOUT: '1000' })
    const connection = await stage.connect({}, url)
    await pause(2500)
    t.true(connection.isOpen)
    const sender = await connection.createSender('q')
    t.is((await sender.send('still here', { timeoutMs: stepMs })).kind, 'accepted')
  },
)

story(
  proton,
  'a broker that falls silent is given up: what was sent is in doubt, the error says for how long [2.4.5]',
  async (t, stage) => {
    const { url, program } = await startProton(t)
    const connection = await stage.connect({ idleTimeoutMs: 600 }, url)
    const sender = await connection.createSender('q')
    await sender.sendAccepted('answered')
    program.child.kill('SIGSTOP')
    const begin = performance.now()
    const error = await t.throwsAsync(sender.send('never answered'), { instanceOf: MessageSendFailed })
    const waited = performance.now() - begin
    t.true(error.inDoubt)
    t.true(waited >= 250 && waited < 2500, `given up after ${waited} ms`)
    const reason = await connection.closed
    t.true(reason instanceof AMQPConnectionError)
    t.like(reason, { phase: 'established', retryable: true })
    t.regex(reason?.message ?? '', /nothing came from the peer for 600 ms/)
  },
)
