// A program that logs in, sends one message to an embedded broker, and says so.

import { EmbeddedBroker } from '../../../lib/broker/index.js'
import { sendMessage } from '../../../lib/client/one-shot.js'

async function main(): Promise<void> {
  const broker = await EmbeddedBroker.start({ users: { user: 'secret-4711' } })
  const url = broker.url.replace('//', '//user:secret-4711@')
  await sendMessage(`${url}/orders`, 'hello')
  await broker.stop()
  process.stdout.write('sent\n')
}

main()
