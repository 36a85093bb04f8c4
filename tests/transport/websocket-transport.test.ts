// The transport over a WebSocket that does what a test wants.

import test from 'ava'
import type { WebSocketLike } from '../../lib/transport/websocket-options.js'
import { WebSocketTransport } from '../../lib/transport/websocket-transport.js'

type Listener = (event: unknown) => void

/** A WebSocket whose peer answers nothing. */
class DeafSocket implements WebSocketLike {
  readonly protocol = 'amqp'
  readonly bufferedAmount = 0
  readyState = 1
  binaryType = 'arraybuffer'
  readonly closedWith: unknown[] = []
  private readonly listeners = new Map<string, Listener>()

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, listener)
  }

  tell(type: string, event: unknown): void {
    this.listeners.get(type)?.(event)
  }

  send(): void {}

  close(code?: number): void {
    this.closedWith.push(code)
  }

  terminate(): void {
    this.tell('close', { code: 1006 })
  }
}

test('a text message is told at once, though the peer never closes its side', async (t) => {
  const socket = new DeafSocket()
  const transport = new WebSocketTransport(socket, 'peer', false)
  const told: unknown[] = []
  transport.onBytes = () => {}
  transport.onClose = (error) => told.push(error?.message)
  socket.tell('message', { data: 'hello' })
  await Promise.resolve()
  t.deepEqual(socket.closedWith, [1003])
  t.is(told.length, 1)
  t.regex(String(told[0]), /text message/)
  transport.destroy()
  await Promise.resolve()
  t.is(told.length, 1)
})
