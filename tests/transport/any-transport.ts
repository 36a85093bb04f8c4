// What holds of every transport without TLS, whatever carries the bytes.

import test from 'ava'
import type { Transport } from '../../lib/transport/transport.js'
import { equalBytes, fromHex, toHex } from '../../lib/util/bytes.js'
import { closed, read, type Server } from './support.js'

export interface Pair {
  readonly server: Server
  /** The end that connected. */
  readonly client: Transport
  /** The end that listened. */
  readonly peer: Transport
}

/** Declares the tests; `pair` makes two ends, for the time of one of them. */
export function testAnyTransport(pair: (t: { teardown(fn: () => unknown): void }) => Promise<Pair>): void {
  test('bytes go both ways, in order, however they were cut', async (t) => {
    const { client, peer } = await pair(t)
    const atPeer = read(peer, 6)
    t.true(client.write([fromHex('0102'), fromHex('03'), fromHex('')]))
    t.true(client.write([fromHex('040506')]))
    t.true(client.write([]))
    t.is(toHex(await atPeer), '010203040506')
    const atClient = read(client, 2)
    peer.write([fromHex('fffe')])
    t.is(toHex(await atClient), 'fffe')
  })

  test('chunks are plain arrays of bytes, not Buffers', async (t) => {
    const { client, peer } = await pair(t)
    const chunk = new Promise<Uint8Array>((resolve) => {
      peer.onBytes = resolve
    })
    client.write([fromHex('01')])
    t.is(Object.getPrototypeOf(await chunk), Uint8Array.prototype)
  })

  test('both ends know where the other is, and that it is not secret', async (t) => {
    const { server, client, peer } = await pair(t)
    t.is(client.description, `127.0.0.1:${server.listener.port}`)
    t.regex(peer.description, /^127\.0\.0\.1:\d+$/)
    t.false(client.secure)
    t.false(peer.secure)
    t.is(client.peerName, undefined)
  })

  test('what arrives before anyone listens is kept, an end after it too', async (t) => {
    const { client, peer } = await pair(t)
    client.write([fromHex('010203')])
    client.end()
    await new Promise((resolve) => setImmediate(resolve))
    const order: string[] = []
    const end = new Promise<void>((resolve) => {
      peer.onClose = (error) => {
        order.push(`closed ${error}`)
        resolve()
      }
    })
    peer.onBytes = (chunk) => order.push(toHex(chunk))
    await end
    t.deepEqual(order, ['010203', 'closed undefined'])
  })

  test('a paused end reads nothing until it resumes', async (t) => {
    const { client, peer } = await pair(t)
    const got: string[] = []
    const arrival = new Promise<void>((resolve) => {
      peer.onBytes = (chunk) => {
        got.push(toHex(chunk))
        resolve()
      }
    })
    peer.pause?.()
    client.write([fromHex('01')])
    const back = read(client, 1)
    peer.write([fromHex('02')])
    await back
    t.deepEqual(got, [])
    peer.resume?.()
    await arrival
    t.deepEqual(got, ['01'])
  })

  test('an orderly end delivers what was written before, and closes both ends without an error', async (t) => {
    const { client, peer } = await pair(t)
    const size = 3_000_000
    const arrived = read(peer, size)
    const ends = Promise.all([closed(client), closed(peer)])
    const large = new Uint8Array(size).fill(7)
    client.write([large])
    client.end()
    client.end()
    t.false(client.write([fromHex('01')]))
    t.true(equalBytes(await arrived, large))
    t.deepEqual(await ends, [null, null])
  })

  test('a large write that the system takes at once does not hold the writer back', async (t) => {
    const { client, peer } = await pair(t)
    const arrived = read(peer, 40_000)
    t.true(client.write([new Uint8Array(40_000)]))
    t.is((await arrived).length, 40_000)
  })
}
