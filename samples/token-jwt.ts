// Claims-based security with JSON Web Tokens from whoever issues them, renewed before they expire.

import { JWTTokenAuth, SendClient, TokenAuthFailure } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'
import jsonwebtoken from 'jsonwebtoken'

const jwtSecret = 'only the issuer and the broker know it'
await using broker = await EmbeddedBroker.start({ anonymous: false, cbs: { jwtSecret } })
const url = `${broker.url}/orders`

let renewed = () => {}
const renewal = new Promise<void>((resolve) => {
  renewed = resolve
})
let tokens = 0
const auth = new JWTTokenAuth({
  uri: url, // Azure: sb://NAMESPACE.servicebus.windows.net/orders
  // Azure: getToken: () => credential.getToken('https://servicebus.azure.net//.default')
  getToken: async () => {
    console.log(`token ${++tokens} is asked for`)
    return { token: jsonwebtoken.sign({ sub: 'kitchen' }, jwtSecret, { expiresIn: 5 }) } // its `exp` is read
  },
  onRefreshed: () => {
    if (tokens === 2) renewed()
  },
})

await using sender = new SendClient(url, { auth })
await sender.sendMessage('with the first token')
await renewal
await sender.sendMessage('with the second, over the same link')
console.log(`sent: ${broker.queue('orders').messages.map((message) => message.text())}`)

// A token that the broker does not take: the error has its words, never the token.
const forged = jsonwebtoken.sign({ sub: 'kitchen' }, 'a guess', { expiresIn: 60 })
const wrong = new JWTTokenAuth({ uri: url, getToken: async () => ({ token: forged }) })
await using other = new SendClient(url, { auth: wrong })
await other.sendMessage('never').catch((error) => {
  if (!(error instanceof TokenAuthFailure)) throw error
  console.log(`refused with status ${error.statusCode}: ${error.description}`)
})
