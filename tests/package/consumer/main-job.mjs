import { ReceiveClient, SendClient } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'
import { decode, encode } from 'amqp1/types'

const broker = await EmbeddedBroker.start()
const sender = new SendClient(`${broker.url}/orders`)
const receiver = new ReceiveClient(`${broker.url}/orders`)

await sender.sendMessage('from an ES module')
const message = await receiver.receive({ timeoutMs: 10_000 })
await message.accept()
const another = await receiver.receive({ timeoutMs: 100 })

await sender.close()
await receiver.close()
await broker.stop()

console.log(
  JSON.stringify({
    text: message.text(),
    another: another === undefined ? 'none' : 'some',
    codec: decode(encode('x')),
  }),
)
