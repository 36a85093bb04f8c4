import test from 'ava'
import { AMQPConnectionError } from '../../lib/errors.js'
import { type MemoryPairOptions, type MemoryTransport, memoryPair } from '../../lib/transport/memory.js'
import { concatBytes, fromHex, toHex } from '../../lib/util/bytes.js'
import { FakeClock } from '../support/fake-clock.js'

interface Log {
  readonly chunks: string[]
  readonly closes: (AMQPConnectionError | undefined)[]
  drains: number
}

function listen(transport: MemoryTransport): Log {
  const log: Log = { chunks: [], closes: [], drains: 0 }
  transport.onBytes = (chunk) => log.chunks.push(toHex(chunk))
  transport.onClose = (error) => log.closes.push(error)
  transport.onDrain = () => log.drains++
  return log
}

function setUp(options: MemoryPairOptions = {}) {
  const clock = new FakeClock()
  const [one, other] = memoryPair({ clock, ...options })
  return { clock, one, other, heard: listen(one), otherHeard: listen(other) }
}

test('bytes arrive in order, in both directions, once the turn is over', (t) => {
  const { clock, one, other, heard, otherHeard } = setUp()
  t.true(one.write([fromHex('0102'), fromHex('03')]))
  one.write([fromHex('04')])
  other.write([fromHex('ff')])
  t.is(one.bufferedBytes, 4)
  t.deepEqual(otherHeard.chunks, [])
  clock.runDeferred()
  t.deepEqual(otherHeard.chunks, ['01020304'])
  t.deepEqual(heard.chunks, ['ff'])
  t.is(one.bufferedBytes, 0)
})

test('chunks are cut as the test wants', (t) => {
  const byteByByte = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte) => new Uint8Array([byte]))
  const { clock, one, otherHeard } = setUp({ chunk: byteByByte })
  one.write([fromHex('010203')])
  clock.runDeferred()
  t.deepEqual(otherHeard.chunks, ['01', '02', '03'])
})

test('a writer who changes its bytes too early is found out, a reader has a copy', (t) => {
  const { clock, one, otherHeard } = setUp()
  const bytes = fromHex('01')
  one.write([bytes])
  bytes[0] = 2
  clock.runDeferred()
  t.deepEqual(otherHeard.chunks, ['02'])
})

test('nothing is lost before someone listens, or while paused', (t) => {
  const clock = new FakeClock()
  const [one, other] = memoryPair({ clock })
  one.write([fromHex('01')])
  clock.runDeferred()
  t.is(one.bufferedBytes, 1)
  const log = listen(other)
  clock.runDeferred()
  t.deepEqual(log.chunks, ['01'])
  other.pause()
  one.write([fromHex('02')])
  clock.runDeferred()
  t.deepEqual(log.chunks, ['01'])
  other.resume()
  clock.runDeferred()
  t.deepEqual(log.chunks, ['01', '02'])
})

test('a reader that pauses between two chunks gets the rest when it resumes, before what came later', (t) => {
  const { clock, one, other } = setUp({
    chunk: (bytes) => Array.from(bytes, (byte) => new Uint8Array([byte])),
  })
  const got: Uint8Array[] = []
  other.onBytes = (chunk) => {
    got.push(chunk)
    if (got.length === 2) other.pause()
  }
  one.write([fromHex('01020304')])
  clock.runDeferred()
  t.is(got.length, 2)
  t.is(one.bufferedBytes, 2)
  one.write([fromHex('05')])
  other.resume()
  clock.runDeferred()
  t.is(toHex(concatBytes(got)), '0102030405')
})

test('a writer is told when there is too much on its way, and when that has gone', (t) => {
  const { clock, one, heard } = setUp({ highWaterBytes: 3 })
  t.true(one.write([fromHex('0102')]))
  t.false(one.write([fromHex('03')]))
  t.is(heard.drains, 0)
  clock.runDeferred()
  t.is(heard.drains, 1)
  t.true(one.write([fromHex('01')]))
  clock.runDeferred()
  t.is(heard.drains, 1)
})

test('an end delivers what was written, then closes both ends without an error', (t) => {
  const { clock, one, other, heard, otherHeard } = setUp()
  one.write([fromHex('01')])
  other.write([fromHex('02')])
  one.end()
  t.false(one.write([fromHex('03')]))
  clock.runDeferred()
  t.deepEqual(otherHeard.chunks, ['01'])
  t.deepEqual(heard.chunks, ['02'])
  t.deepEqual(heard.closes, [undefined])
  t.deepEqual(otherHeard.closes, [undefined])
  t.false(other.write([fromHex('04')]))
  t.is(clock.pendingTimers, 0)
})

test('an end that the other side does not follow is cut short after five seconds', (t) => {
  const { clock, one, other, heard } = setUp()
  other.pause()
  one.write([fromHex('01')])
  one.end()
  clock.runDeferred()
  t.deepEqual(heard.closes, [])
  clock.advance(5000)
  clock.runDeferred()
  t.deepEqual(heard.closes, [undefined])
})

test('an end drops what nobody here will read any more', (t) => {
  const { clock, one, other, heard, otherHeard } = setUp()
  one.pause()
  other.write([fromHex('01')])
  one.end()
  clock.runDeferred()
  t.deepEqual(heard.chunks, [])
  t.deepEqual([heard.closes, otherHeard.closes], [[undefined], [undefined]])
})

test('destroying closes this end at once, the other after what was sent', (t) => {
  const { clock, one, other, heard, otherHeard } = setUp()
  one.write([fromHex('01')])
  other.write([fromHex('02')])
  one.destroy()
  one.destroy()
  t.deepEqual(heard.closes, [])
  clock.runDeferred()
  t.deepEqual(heard.closes, [undefined])
  t.deepEqual(heard.chunks, [])
  t.deepEqual(otherHeard.chunks, ['01'])
  t.deepEqual(otherHeard.closes, [undefined])
})

test('a drop loses what was on its way, and tells both ends of an error that is worth another try', (t) => {
  const { clock, one, other, heard, otherHeard } = setUp()
  one.write([fromHex('01')])
  one.drop()
  other.drop()
  clock.runDeferred()
  t.deepEqual(otherHeard.chunks, [])
  for (const { closes } of [heard, otherHeard]) {
    t.is(closes.length, 1)
    t.true(closes[0] instanceof AMQPConnectionError)
    t.is(closes[0]?.phase, 'established')
    t.true(closes[0]?.retryable)
  }
  t.false(one.write([fromHex('02')]))
})

test('who begins to listen for the close after it is told once', (t) => {
  const clock = new FakeClock()
  const [one] = memoryPair({ clock })
  one.destroy()
  clock.runDeferred()
  let closes = 0
  one.onClose = () => closes++
  t.is(closes, 0)
  clock.runDeferred()
  one.onClose = () => closes++
  clock.runDeferred()
  t.is(closes, 1)
})

test('a reader may destroy its end from within', (t) => {
  const { clock, one, other, otherHeard } = setUp({
    chunk: (bytes) => [bytes.subarray(0, 1), bytes.subarray(1)],
  })
  const got: string[] = []
  other.onBytes = (chunk) => {
    got.push(toHex(chunk))
    other.destroy()
  }
  one.write([fromHex('0102')])
  clock.runDeferred()
  t.deepEqual(got, ['01'])
  t.deepEqual(otherHeard.closes, [undefined])
})

test('without a clock of its own a pair uses the real one', async (t) => {
  const [one, other] = memoryPair()
  const arrived = new Promise<string>((resolve) => {
    other.onBytes = (chunk) => resolve(toHex(chunk))
  })
  one.write([fromHex('07')])
  t.is(await arrived, '07')
})
