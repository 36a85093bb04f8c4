// @azure/event-hubs with the embedded broker over TLS, as it speaks with the service.

import { fork } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import jsonwebtoken from 'jsonwebtoken'
import { testCertificates } from '../../support/certificates.js'
import { startBroker } from '../rhea-client.js'

const AUDIENCE = 'https://eventhubs.azure.net/'

test('over TLS the SDK sends by a JSON Web Token, and receives by a shared key', async (t) => {
  const { ca, serverCert, serverKey } = await testCertificates()
  const folder = await mkdtemp(join(tmpdir(), 'amqp1-event-hubs-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const authority = join(folder, 'ca.crt')
  await writeFile(authority, ca)
  const broker = await startBroker(t, {
    tls: { cert: serverCert, key: serverKey },
    cbs: { sasKeys: { Root: 'bm90LXJlYWw=' }, jwtSecret: 'shared', jwtAudience: AUDIENCE },
  })
  const hub = broker.createEventHub('telemetry', { partitions: 1 })
  const connectionString = `Endpoint=sb://localhost:${broker.port};SharedAccessKeyName=Root;SharedAccessKey=bm90LXJlYWw=;EntityPath=telemetry`
  const token = jsonwebtoken.sign({}, 'shared', { audience: AUDIENCE, expiresIn: '1h' })
  const child = fork(join(__dirname, 'tls-client.js'), [connectionString, token], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: authority },
    timeout: 20_000,
  })
  const told: unknown[] = []
  child.on('message', (message) => told.push(message))
  const code = await new Promise((resolve) => child.on('exit', resolve))
  t.is(code, 0)
  t.deepEqual(told, [{ received: 'over TLS' }])
  t.deepEqual(
    hub.events.map((event) => event.json()),
    ['over TLS'],
  )
})
