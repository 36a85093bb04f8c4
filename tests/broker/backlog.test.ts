// The order of messages in a queue, against a model that is plain and slow.

import test from 'ava'
import fc from 'fast-check'
import { Backlog } from '../../lib/broker/backlog.js'
import { LOCKED, StoredMessage, WAITING } from '../../lib/broker/stored-message.js'
import { fromHex } from '../../lib/util/bytes.js'

const PAYLOAD = fromHex('00 53 77 40')

function message(ttlMs?: number): StoredMessage {
  const header =
    ttlMs === undefined ? '' : `00 53 70 c0 08 03 40 40 70 ${ttlMs.toString(16).padStart(8, '0')}`
  return new StoredMessage(ttlMs === undefined ? PAYLOAD : fromHex(`${header} 00 53 77 40`), 0, 0)
}

const ALL = { accepts: () => true }

/** Everything that waits, in order, without taking it. */
function waiting(backlog: Backlog): StoredMessage[] {
  const found: StoredMessage[] = []
  for (let m = backlog.after(undefined); m !== undefined; m = backlog.after(m))
    if (m.state === WAITING) found.push(m)
  return found
}

type Step = { readonly kind: 'append' | 'take' | 'takeOdd' | 'putBack' | 'remove'; readonly pick: number }

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('append', 'append', 'take', 'take', 'takeOdd', 'putBack', 'remove') as fc.Arbitrary<
      Step['kind']
    >,
    pick: fc.nat(1000),
  }),
  { maxLength: 300 },
)

test('messages that come back stand where they stood, whoever took what', (t) => {
  fc.assert(
    fc.property(steps, (run) => {
      const backlog = new Backlog()
      let free: StoredMessage[] = []
      let taken: StoredMessage[] = []
      const take = (accepts: (m: StoredMessage) => boolean): void => {
        const expected = free.find(accepts)
        const got = backlog.take({ accepts })
        if (got !== expected) throw new Error(`took ${got?.sequence}, not ${expected?.sequence}`)
        if (got === undefined) return
        free = free.filter((m) => m !== got)
        taken.push(got)
      }
      for (const { kind, pick } of run) {
        if (kind === 'append') {
          const m = message()
          backlog.append(m)
          free.push(m)
        } else if (kind === 'take') {
          take(() => true)
        } else if (kind === 'takeOdd') {
          take((m) => m.sequence % 2 === 1)
        } else {
          const among = kind === 'putBack' ? taken : [...taken, ...free]
          const m = among[pick % Math.max(1, among.length)]
          if (m === undefined) continue
          taken = taken.filter((other) => other !== m)
          free = free.filter((other) => other !== m)
          if (kind === 'remove') backlog.remove(m)
          else {
            backlog.putBack(m)
            free = [...free, m].sort((a, b) => a.sequence - b.sequence)
          }
        }
        if (backlog.waiting !== free.length || backlog.locked !== taken.length) throw new Error('miscounted')
      }
      t.deepEqual(
        waiting(backlog).map((m) => m.sequence),
        free.map((m) => m.sequence),
      )
    }),
    { numRuns: 200 },
  )
})

test('who looks on from a message that is gone goes on behind it', (t) => {
  const backlog = new Backlog()
  const [a, b, c] = [message(), message(), message()]
  for (const m of [a, b, c]) backlog.append(m)
  backlog.remove(b)
  t.is(backlog.after(b), c)
  backlog.remove(c)
  t.is(backlog.after(b), undefined)
  const d = message()
  backlog.append(d)
  t.is(backlog.after(b), d)
  t.is(backlog.after(a), d)
})

test('nothing is put back twice, or after it was removed', (t) => {
  const backlog = new Backlog()
  backlog.append(message())
  const m = backlog.take(ALL) as StoredMessage
  t.is(m.state, LOCKED)
  backlog.putBack(m)
  backlog.putBack(m)
  t.is(backlog.waiting, 1)
  backlog.remove(m)
  backlog.remove(m)
  backlog.putBack(m)
  t.is(backlog.waiting, 0)
  t.is(backlog.locked, 0)
})

test('sweeping drops what has expired and is not in anybody’s hands', (t) => {
  const backlog = new Backlog()
  const [held, expired, later, timeless] = [message(100), message(100), message(200), message()]
  for (const m of [held, expired, later, timeless]) backlog.append(m)
  backlog.take(ALL)
  backlog.sweep(100)
  t.deepEqual(waiting(backlog), [later, timeless])
  t.is(backlog.locked, 1)
})

test('ten thousand messages that go back in order, and against it, are handed out in order', (t) => {
  const backlog = new Backlog()
  for (let i = 0; i < 10_000; i++) backlog.append(message())
  const taken: StoredMessage[] = []
  const takeAll = (): void => {
    taken.length = 0
    for (let m = backlog.take(ALL); m !== undefined; m = backlog.take(ALL)) taken.push(m)
  }
  takeAll()
  for (const m of taken) backlog.putBack(m)
  takeAll()
  for (const m of [...taken].reverse()) backlog.putBack(m)
  takeAll()
  t.deepEqual(
    taken.map((m) => m.sequence),
    Array.from({ length: 10_000 }, (_, i) => i + 1),
  )
})
