// onAttach: the user sees each link of a client with what the peer said of it, before anything is done over it [2.7.3].

import test from 'ava'
import { SendClient } from '../../lib/client/send-client.js'
import { Connection } from '../../lib/connection/connection.js'
import type { MessageReceiver } from '../../lib/connection/message-receiver.js'
import type { MessageSender } from '../../lib/connection/message-sender.js'
import { keepTidy } from '../connection/support/tidy.js'
import { Stage } from './support/stage.js'

keepTidy(test)

test('each link is shown once it is attached, those that follow too', async (t) => {
  const stage = await Stage.open(t, { maxMessageSize: 4_096 })
  const links: MessageSender[] = []
  const client = stage.sender('orders', { onAttach: (link) => links.push(link) })
  await stage.until(client.sendMessage('a'))
  t.is(links.length, 1)
  t.like(links[0], { isOpen: true, maxMessageSize: 4_096, address: 'orders', remoteOfferedCapabilities: [] })
  stage.broker.dropConnections()
  await stage.run()
  await stage.until(client.sendMessage('b'))
  t.is(links.length, 2)
  await stage.until(client.close())
})

test('a receiver shows what the peer granted of its source [3.5.3]', async (t) => {
  const stage = await Stage.open(t)
  const links: MessageReceiver[] = []
  const client = stage.receiver('orders', { onAttach: (link) => links.push(link) })
  await stage.until(client.open())
  t.is(links[0]?.source?.distributionMode, 'move')
  t.deepEqual(links[0]?.remoteOfferedCapabilities, [])
  await stage.until(client.close())
})

test('what onAttach throws refuses the link alone where the connection was given', async (t) => {
  const stage = await Stage.open(t)
  const connection = await stage.until(Connection.connect(stage.url(''), stage.base))
  const mistake = new TypeError('not what I wanted')
  const onAttach = () => {
    throw mistake
  }
  const client = new SendClient('orders', { connection, onAttach, clock: stage.clock })
  const error = await t.throwsAsync(stage.until(client.open()))
  t.is(error as unknown, mistake)
  await stage.run()
  t.is(stage.written('detach').length, 1)
  t.true(connection.isOpen)
  await stage.until(connection.close())
})

test('what onAttach throws refuses the link, and open rejects with it', async (t) => {
  const stage = await Stage.open(t)
  const mistake = new TypeError('not what I wanted')
  const onAttach = () => {
    throw mistake
  }
  const client = stage.sender('orders', { onAttach })
  const error = await t.throwsAsync(stage.until(client.open()))
  t.is(error as unknown, mistake)
  await stage.run()
  t.is(stage.written('detach').length, 1)
  await stage.until(client.close())
  t.is(stage.clock.pendingTimers, 0)
})
