// RabbitMQ short of memory: it closes the windows of all sessions, and opens them again. While that goes on, the whole
// broker takes no messages.
import { setTimeout as pause } from 'node:timers/promises'
import { AMQPTimeoutError } from '../../lib/index.js'
import { rabbitmq4 } from './support/peers.js'
import { control } from './support/rabbitmq.js'
import { next, story } from './support/story.js'

const alarming = '0.000001'
const usual = '0.6'

story(
  rabbitmq4,
  'a memory alarm closes the window: sends wait, nothing is lost, and they go on when it is over [2.5.6]',
  async (t, stage) => {
    const { queue, connection, sender } = await stage.sending()
    await sender.sendAccepted('before')
    t.teardown(() => control(stage.peer, 'set_vm_memory_high_watermark', usual))
    await control(stage.peer, 'set_vm_memory_high_watermark', alarming)
    for (let tries = 0; tries < 40 && !connection.explain().includes("peer's window 0"); tries++)
      await pause(50)
    t.regex(connection.explain(), /peer's window 0/)

    const waiting = ['one', 'two', 'three'].map((text) => sender.send(text))
    const abandoned = await t.throwsAsync(sender.send('given up', { timeoutMs: 200 }), {
      instanceOf: AMQPTimeoutError,
    })
    t.false(abandoned.inDoubt, 'it never left')
    t.is(sender.queued, 3)
    t.regex(sender.explain(), /waits for the session's window/)

    await control(stage.peer, 'set_vm_memory_high_watermark', usual)
    const outcomes = await Promise.all(waiting)
    t.deepEqual(
      outcomes.map((outcome) => outcome.kind),
      ['accepted', 'accepted', 'accepted'],
    )
    const receiver = await connection.createReceiver(queue)
    for (const text of ['before', 'one', 'two', 'three']) {
      const message = await next(receiver)
      t.is(message.text(), text)
      await message.accept()
    }
    t.is(await receiver.receive({ timeoutMs: 100 }), undefined)
  },
)
