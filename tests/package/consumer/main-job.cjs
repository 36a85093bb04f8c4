const { ReceiveClient, SendClient } = require('amqp1')
const { EmbeddedBroker } = require('amqp1/broker')
const { decode, encode } = require('amqp1/types')

async function main() {
  const broker = await EmbeddedBroker.start()
  const sender = new SendClient(`${broker.url}/orders`)
  const receiver = new ReceiveClient(`${broker.url}/orders`)

  await sender.sendMessage('from CommonJS')
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
}

main()
