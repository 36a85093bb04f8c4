// Qpid Proton's own example programs, in C and in Python, send to us and receive from us.
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { EmbeddedBroker } from '../../../lib/broker/index.js'
import { type Connection, Message } from '../../../lib/index.js'
import { artemis, type Peer, proton, protonC, rabbitmq4 } from '../support/peers.js'
import { run } from '../support/programs.js'
import { next, type Stage, stepMs, story, storyWith } from '../support/story.js'
import { exampleFolder, programFolder, protonExamples, protonPrograms } from '../support/tools.js'

const count = 50

const inC = (name: string, port: number, address: string): Promise<string> =>
  run(join(programFolder, name), ['127.0.0.1', String(port), address, String(count)])

const inPython = (name: string, port: number, address: string): Promise<string> =>
  run('/usr/bin/python3', [
    join(exampleFolder, name),
    '-a',
    `127.0.0.1:${port}/${address}`,
    '-m',
    String(count),
  ])

/** The examples number their messages from one, in a map and in the message id. */
async function receiveNumbered(
  t: ExecutionContext,
  connection: Connection,
  address: string,
  peer?: Peer,
): Promise<void> {
  const prefetch = peer?.features.prefetch ?? 100
  const receiver = await connection.createReceiver(address, { prefetch })
  for (let sequence = 1; sequence <= count; sequence++) {
    const message = await next(receiver)
    t.is(Number((message.value as Map<string, number | bigint>).get('sequence')), sequence)
    t.is(message.properties?.messageId, BigInt(sequence))
    if (!message.settled) await message.accept()
  }
  await receiver.close({ timeoutMs: 200 })
}

async function sendNumbered(connection: Connection, address: string): Promise<void> {
  const sender = await connection.createSender(address)
  const sends = Array.from({ length: count }, (_, i) =>
    sender.sendAccepted(new Message({ sequence: i + 1 }, { properties: { messageId: i + 1 } }), {
      timeoutMs: stepMs,
    }),
  )
  await Promise.all(sends)
}

/** Every number that was sent has been printed, in order. */
function checkPrinted(t: ExecutionContext, output: string): void {
  const numbers = [...output.matchAll(/sequence\W+(?:int32\()?(\d+)/g)].map((match) => Number(match[1]))
  t.deepEqual(
    numbers,
    Array.from({ length: count }, (_, i) => i + 1),
  )
}

async function embedded(stage: Stage): Promise<{ broker: EmbeddedBroker; connection: Connection }> {
  const broker = await EmbeddedBroker.start()
  stage.t.teardown(() => broker.stop())
  return { broker, connection: await stage.connect({}, broker.url) }
}

story(
  protonC,
  'the C programs send to us and receive from us by the embedded broker',
  async (t, stage) => {
    const { broker, connection } = await embedded(stage)
    t.regex(await inC('send', broker.port, 'to-us'), /50 messages sent and acknowledged/)
    await receiveNumbered(t, connection, 'to-us')
    await sendNumbered(connection, 'from-us')
    checkPrinted(t, await inC('receive', broker.port, 'from-us'))
    t.is(broker.queue('from-us').messages.length, 0)
  },
  { needs: protonPrograms },
)

story(
  protonC,
  'what the C program aborts half-way is never seen by us [2.6.14]',
  async (t, stage) => {
    const { broker, connection } = await embedded(stage)
    t.regex(await inC('send-abort', broker.port, 'aborted'), /50 messages started and aborted/)
    const receiver = await connection.createReceiver('aborted')
    t.is(await receiver.receive({ timeoutMs: 100 }), undefined)
    await (await connection.createSender('aborted')).sendAccepted('whole')
    t.is((await receiver.receive({ timeoutMs: stepMs }))?.text(), 'whole')
  },
  { needs: protonPrograms },
)

storyWith(
  [proton, protonC, artemis],
  'the C programs send to us and receive from us by the broker',
  async (t, stage) => {
    const connection = await stage.connect()
    const queue = await stage.queue()
    await inC('send', stage.peer.port, queue)
    await receiveNumbered(t, connection, queue, stage.peer)
    await sendNumbered(connection, queue)
    checkPrinted(t, await inC('receive', stage.peer.port, queue))
  },
  { needs: protonPrograms },
)

story(
  proton,
  'the Python examples send to us and receive from us by the embedded broker',
  async (t, stage) => {
    const { broker, connection } = await embedded(stage)
    await inPython('simple_send.py', broker.port, 'to-us')
    await receiveNumbered(t, connection, 'to-us')
    await sendNumbered(connection, 'from-us')
    checkPrinted(t, await inPython('simple_recv.py', broker.port, 'from-us'))
  },
  { needs: protonExamples },
)

storyWith(
  [proton, rabbitmq4, artemis],
  'the Python examples send to us and receive from us by the broker',
  async (t, stage) => {
    const connection = await stage.connect()
    const queue = await stage.queue()
    await inPython('simple_send.py', stage.peer.port, queue)
    await receiveNumbered(t, connection, queue)
    await sendNumbered(connection, queue)
    checkPrinted(t, await inPython('simple_recv.py', stage.peer.port, queue))
  },
  { needs: protonExamples },
)
