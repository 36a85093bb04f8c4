import test from 'ava'
import fc from 'fast-check'
import { Ring } from '../../lib/util/ring.js'
import { serialAdd, serialDiff, serialInRange } from '../../lib/util/serial.js'

/** How many array slots the ring holds: the memory that it takes. */
function capacityOf(ring: Ring<number>): number {
  return (ring as unknown as { slots: unknown[] }).slots.length
}

function contents(ring: Ring<number>): [number, number][] {
  const held: [number, number][] = []
  ring.forEach((id, value) => held.push([id, value]))
  return held
}

function inRange(ring: Ring<number>, first: number, last: number): number[] {
  const ids: number[] = []
  ring.forRange(first, last, (id) => ids.push(id))
  return ids
}

test('values are found by their id across the wrap of delivery-ids [2.8.10]', (t) => {
  const ring = new Ring<number>()
  const start = 0xfffffff0
  for (let i = 0; i < 100; i++) ring.put(serialAdd(start, i), i)
  t.is(ring.size, 100)
  for (let i = 0; i < 100; i++) t.is(ring.get(serialAdd(start, i)), i)
  t.is(ring.get(serialAdd(start, -1)), undefined)
  t.is(ring.get(serialAdd(start, 100)), undefined)
  t.deepEqual(inRange(ring, 0xfffffffe, 1), [0xfffffffe, 0xffffffff, 0, 1])
})

test('deleting gives the value once', (t) => {
  const ring = new Ring<number>()
  ring.put(7, 70)
  t.is(ring.delete(7), 70)
  t.is(ring.delete(7), undefined)
  t.is(ring.delete(8), undefined)
  t.is(ring.size, 0)
})

test('putting an id that is held replaces its value, an old one too', (t) => {
  const ring = new Ring<number>()
  ring.put(1, 10)
  ring.put(2, 20)
  ring.put(1, 11)
  t.deepEqual(contents(ring), [
    [1, 11],
    [2, 20],
  ])
  ring.put(1_000_000, 30)
  ring.put(1, 12)
  t.is(ring.get(1), 12)
  t.is(ring.size, 3)
})

test('a ring does what a Map does, in ascending order, wherever the ids begin', (t) => {
  const step = fc.record({
    do: fc.constantFrom('put', 'put', 'put', 'delete', 'delete', 'range', 'settle', 'clear'),
    gap: fc.oneof(
      { weight: 9, arbitrary: fc.constant(0) },
      fc.nat(40),
      fc.nat(9000),
      fc.constant(0x20000000),
    ),
    count: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 3000 })),
    back: fc.nat(6000),
  })
  const start = fc.constantFrom(0, 1, 0xfffff000, 0xffffffff, 0x7ffffff0)
  fc.assert(
    fc.property(start, fc.array(step, { maxLength: 25 }), (first, steps) => {
      const ring = new Ring<number>()
      const model = new Map<number, number>()
      let next: number = first
      let putSpan = 0
      for (const { do: what, gap, count, back } of steps) {
        const from = serialAdd(next, -back)
        if (what === 'put' && putSpan + gap + count < 0x70000000) {
          next = serialAdd(next, gap)
          putSpan += gap + count
          for (let i = 0; i < count; i++) {
            ring.put(next, next)
            model.set(next, next)
            next = serialAdd(next, 1)
          }
        } else if (what === 'delete') {
          for (let i = 0; i < count; i++) {
            const id = serialAdd(from, i)
            if (ring.delete(id) !== model.get(id)) t.fail(`deleting ${id} differs`)
            model.delete(id)
          }
        } else if (what === 'range' || what === 'settle') {
          const last = gap === 0 ? serialAdd(from, -1) : serialAdd(from, count)
          const expected = [...model.keys()]
            .filter((id) => serialInRange(id, from, last))
            .sort((a, b) => serialDiff(a, b))
          const seen: number[] = []
          ring.forRange(from, last, (id, value) => {
            seen.push(id)
            if (value !== id) t.fail('the value of another id')
            if (what === 'settle') ring.delete(id)
          })
          t.deepEqual(seen, expected)
          if (what === 'settle') for (const id of expected) model.delete(id)
        } else if (what === 'clear') {
          ring.clear()
          model.clear()
        }
        if (ring.size !== model.size) t.fail('another size than the model')
      }
      for (const [id, value] of model) if (ring.get(id) !== value) t.fail(`lost ${id}`)
      t.deepEqual(
        contents(ring).map(([id]) => id),
        [...model.keys()].sort((a, b) => serialDiff(a, b)),
      )
    }),
    { numRuns: 150 },
  )
})

test('one old id that stays does not make the ring grow with every id that comes and goes', (t) => {
  const ring = new Ring<number>()
  ring.put(0, 42)
  for (let id = 1; id < 1_000_000; id++) {
    ring.put(id, id)
    ring.delete(id)
  }
  t.true(capacityOf(ring) <= 8192)
  t.is(ring.get(0), 42)
  t.is(ring.size, 1)
  t.deepEqual(inRange(ring, 0, 10), [0])
  t.is(ring.delete(0), 42)
  t.is(ring.size, 0)
})

test('a hundred thousand ids are held at once, and the memory is given back after', (t) => {
  const ring = new Ring<number>()
  for (let id = 0; id < 100_000; id++) ring.put(id, id)
  t.is(ring.size, 100_000)
  t.true(capacityOf(ring) < 300_000)
  ring.forRange(0, 99_999, (id) => ring.delete(id))
  t.is(ring.size, 0)
  t.true(capacityOf(ring) <= 4096)
})

test('the widest range that a peer can say costs no more than what is held [2.7.6]', (t) => {
  const ring = new Ring<number>()
  for (const id of [5, 6, 9]) ring.put(id, id)
  for (let i = 0; i < 10_000; i++) {
    let met = 0
    ring.forRange(7, 6, () => met++)
    if (met !== 3) t.fail('not all were met')
  }
  t.deepEqual(inRange(ring, 0, 0xffffffff), [5, 6, 9])
  t.deepEqual(inRange(ring, 7, 7), [])
})

test('an empty ring has nothing in any range', (t) => {
  const ring = new Ring<number>()
  t.deepEqual(inRange(ring, 0, 0xffffffff), [])
  ring.put(3, 3)
  ring.clear()
  t.deepEqual(inRange(ring, 0, 0xffffffff), [])
  t.is(ring.get(3), undefined)
})

test('what one callback deletes is not met by the next', (t) => {
  const ring = new Ring<number>()
  for (let id = 0; id < 10; id++) ring.put(id, id)
  const met: number[] = []
  ring.forRange(0, 9, (id) => {
    met.push(id)
    ring.delete(id + 1)
  })
  t.deepEqual(met, [0, 2, 4, 6, 8])
})

test('a callback may put new ids while the ring is walked', (t) => {
  const ring = new Ring<number>()
  for (let id = 0; id < 10; id++) ring.put(id, id)
  const met: number[] = []
  ring.forEach((id) => {
    met.push(id)
    ring.delete(id)
    ring.put(id + 10, id + 10)
  })
  t.deepEqual(met, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  t.is(ring.size, 10)
})
