import test from 'ava'
import fc from 'fast-check'
import { Queue } from '../../lib/util/queue.js'

function drain<T>(queue: Queue<T>): (T | undefined)[] {
  const values: (T | undefined)[] = []
  while (queue.length > 0) values.push(queue.shift())
  return values
}

test('a queue gives back in the order it was given', (t) => {
  const queue = new Queue<number>()
  t.is(queue.shift(), undefined)
  t.is(queue.peek(), undefined)
  for (let i = 0; i < 1000; i++) queue.push(i)
  t.is(queue.length, 1000)
  t.is(queue.peek(), 0)
  t.deepEqual(
    drain(queue),
    Array.from({ length: 1000 }, (_, i) => i),
  )
  t.is(queue.shift(), undefined)
})

test('a queue does what an array does, whatever the order of calls', (t) => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('push' as const), n: fc.integer({ min: 1, max: 400 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('shift' as const), n: fc.integer({ min: 1, max: 400 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), n: fc.nat(2000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('removeMany' as const), n: fc.nat(700) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), n: fc.constant(0) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const queue = new Queue<number>()
      let model: number[] = []
      let next = 0
      for (const { do: what, n } of steps) {
        if (what === 'push') {
          for (let i = 0; i < n; i++) {
            queue.push(next)
            model.push(next++)
          }
        } else if (what === 'shift') {
          for (let i = 0; i < n; i++)
            if (queue.shift() !== model.shift()) t.fail('another value than the model')
        } else if (what === 'clear') {
          queue.clear()
          model = []
        } else {
          const count = what === 'removeMany' ? n : 1
          for (let value = n; value < n + count; value++) {
            if (queue.remove(value) !== model.includes(value))
              t.fail('found what is not there, or the reverse')
            model = model.filter((other) => other !== value)
          }
        }
        if (queue.length !== model.length || queue.peek() !== model[0])
          t.fail('another length or head than the model')
      }
      t.deepEqual([...queue], model)
      t.deepEqual(drain(queue), model)
    }),
    { numRuns: 100 },
  )
})

test('removing takes out the first of equal values only', (t) => {
  const queue = new Queue<string>()
  for (const value of ['a', 'b', 'a']) queue.push(value)
  t.true(queue.remove('a'))
  t.deepEqual([...queue], ['b', 'a'])
  t.false(queue.remove('c'))
})

test('a value that was shifted out is not found again', (t) => {
  const queue = new Queue<string>()
  queue.push('a')
  queue.push('b')
  queue.shift()
  t.false(queue.remove('a'))
  t.deepEqual([...queue], ['b'])
})
