import test from 'ava'
import fc from 'fast-check'
import { serialAdd, serialDiff, serialInRange } from '../../lib/util/serial.js'

const uint32 = fc.integer({ min: 0, max: 0xffffffff })

test('adding wraps from the largest number to zero, both ways [2.8.10]', (t) => {
  t.is(serialAdd(0xffffffff, 1), 0)
  t.is(serialAdd(0xfffffffe, 5), 3)
  t.is(serialAdd(0, -1), 0xffffffff)
  t.is(serialAdd(0x80000000, 0x7fffffff), 0xffffffff)
})

test('a number after the wrap is ahead of one before it [2.8.10]', (t) => {
  t.true(serialDiff(0xffffffff, 0) < 0)
  t.false(serialDiff(0, 0xffffffff) < 0)
  t.false(serialDiff(7, 7) < 0)
  t.is(serialDiff(2, 0xfffffffe), 4)
  t.is(serialDiff(0xfffffffe, 2), -4)
  t.is(serialDiff(0x80000000, 0), -0x80000000)
})

test('adding a difference leads back, wherever one starts [2.8.10]', (t) => {
  fc.assert(
    fc.property(uint32, uint32, (a, b) => {
      t.is(serialAdd(b, serialDiff(a, b)), a)
    }),
  )
})

test('of two numbers less than half the circle apart exactly one is less [2.8.10]', (t) => {
  fc.assert(
    fc.property(uint32, fc.integer({ min: 1, max: 0x7fffffff }), (a, step) => {
      const b = serialAdd(a, step)
      t.true(serialDiff(a, b) < 0)
      t.false(serialDiff(b, a) < 0)
      t.is(serialDiff(b, a), step)
    }),
  )
})

test('a range holds its ends and what is between, across the wrap too [2.8.10]', (t) => {
  t.true(serialInRange(5, 5, 5))
  t.false(serialInRange(4, 5, 5))
  t.false(serialInRange(6, 5, 5))
  for (const id of [0xfffffffe, 0xffffffff, 0, 1]) t.true(serialInRange(id, 0xfffffffe, 1))
  for (const id of [0xfffffffd, 2, 0x80000000]) t.false(serialInRange(id, 0xfffffffe, 1))
})

test('a range that ends just before its start holds everything [2.8.10]', (t) => {
  fc.assert(
    fc.property(uint32, uint32, (id, first) => {
      t.true(serialInRange(id, first, serialAdd(first, -1)))
    }),
  )
})
