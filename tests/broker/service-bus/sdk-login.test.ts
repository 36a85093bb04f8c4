// Azure's SDK at the door: over TLS, and with a JSON Web Token in place of a shared key.

import { ServiceBusClient } from '@azure/service-bus'
import test from 'ava'
import jsonwebtoken from 'jsonwebtoken'
import { EmbeddedBroker } from '../../../lib/broker/index.js'
import { testCertificates } from '../../support/certificates.js'
import { receiveOne, send } from './sdk-client.js'

const SECRET = 'for tests only'

test('the SDK works over TLS, with a token that it gets from elsewhere [azure 1, cbs]', async (t) => {
  const { serverCert, serverKey } = await testCertificates()
  const broker = await EmbeddedBroker.start({
    tls: { cert: serverCert, key: serverKey },
    cbs: { jwtSecret: SECRET, jwtAudience: 'https://servicebus.azure.net/' },
    serviceBus: true,
  })
  t.teardown(() => broker.stop())
  // The SDK has no option for a certificate authority.
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  t.teardown(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
  const expiresOnTimestamp = Date.now() + 3_600_000
  const claims = { aud: 'https://servicebus.azure.net/', exp: Math.floor(expiresOnTimestamp / 1000) }
  const credential = {
    getToken: async () => ({ token: jsonwebtoken.sign(claims, SECRET), expiresOnTimestamp }),
  }
  const client = new ServiceBusClient('localhost', credential, {
    customEndpointAddress: `sb://localhost:${broker.port}`,
    retryOptions: { maxRetries: 0, timeoutInMs: 5_000 },
  })
  t.teardown(() => client.close())
  await send(client, 'a')
  const receiver = client.createReceiver('orders')
  const message = await receiveOne(receiver)
  t.is(message.body, 'a')
  await receiver.renewMessageLock(message)
  await receiver.completeMessage(message)
  t.is(broker.queue('orders').depth, 0)
})
