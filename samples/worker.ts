// A worker: some jobs at a time, each accepted when it is done, and a clean end when the process is asked to stop.

import { setTimeout as wait } from 'node:timers/promises'
import { type Message, ReceiveClient, SendClient } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start({ maxDeliveryCount: 2 })
const url = `${broker.url}/jobs`

await using sender = new SendClient(url)
await Promise.all(Array.from({ length: 20 }, (_, i) => sender.sendMessage(`job ${i}`)))

await using receiver = new ReceiveClient(url, { prefetch: 8 })
const stop = () => receiver.close({ timeoutMs: 10_000 }) // takes no more jobs, waits for those that are running
process.once('SIGTERM', stop).once('SIGINT', stop)

let running = 0
let most = 0
let done = 0
async function work(job: Message): Promise<void> {
  most = Math.max(most, ++running)
  try {
    await wait(10)
    if (job.text() === 'job 2') throw new Error('this one never works')
    if (++done === 10) process.emit('SIGTERM') // as `kill` would do
  } finally {
    running--
  }
}

console.log('working; a signal ends it')
await receiver.receiveMessages(work, {
  concurrency: 4,
  onError: (error, job) => console.log(`${job.text()} failed, attempt ${job.deliveryCount + 1}: ${error}`),
})
await receiver.close() // what was prefetched is with the broker again
process.off('SIGTERM', stop).off('SIGINT', stop)

const dead = broker.queue('jobs/$DeadLetterQueue').messages.map((job) => job.text())
console.log(`${done} jobs done, ${most} at a time, ${running} cut off`)
console.log(
  `${broker.queue('jobs').depth} wait for the next worker, dead letters: ${dead.join(', ') || 'none'}`,
)
