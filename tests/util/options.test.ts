// Options are refused by name: what is not known, what is of the wrong kind, what is out of range.

import test from 'ava'
import {
  boolean,
  callback,
  checkOptions,
  duration,
  integer,
  type OptionCheck,
  object,
  oneOf,
  text,
  texts,
  WAIT_OPTIONS,
} from '../../lib/util/options.js'

const CHECKS = { size: integer(1, 10), name: text }

test('options that are known and fit are taken, and so are none', (t) => {
  t.notThrows(() => checkOptions('make', undefined, CHECKS))
  t.notThrows(() => checkOptions('make', {}, CHECKS))
  t.notThrows(() => checkOptions('make', { size: 1, name: '' }, CHECKS))
  t.notThrows(() => checkOptions('make', { size: undefined, name: undefined }, CHECKS))
})

test('an option that is not known is named, with those that are', (t) => {
  t.throws(() => checkOptions('make', { sise: 1 }, CHECKS), {
    instanceOf: TypeError,
    message: 'make: unknown option "sise", did you mean "size"?; known: name, size',
  })
  t.throws(() => checkOptions('make', { sise: undefined }, CHECKS), {
    instanceOf: TypeError,
    message: /"sise"/,
  })
})

test('what every object inherits is no option', (t) => {
  for (const name of ['toString', 'constructor', '__proto__', 'hasOwnProperty']) {
    const options = JSON.parse(`{"${name}": 1}`) as unknown
    t.throws(() => checkOptions('make', options, CHECKS), {
      instanceOf: TypeError,
      message: new RegExp(name),
    })
  }
})

test('options that are no object are refused', (t) => {
  for (const options of [null, 1, 'x', true, () => 1]) {
    t.throws(() => checkOptions('make', options, CHECKS), {
      instanceOf: TypeError,
      message: /^make: options/,
    })
  }
})

test('a value that does not fit is refused with the name of the option and of what it is for', (t) => {
  t.throws(() => checkOptions('make', { size: 11 }, CHECKS), {
    instanceOf: RangeError,
    message: 'make: option "size" must be a whole number from 1 to 10, not 11',
  })
  t.throws(() => checkOptions('make', { size: '1' }, CHECKS), {
    instanceOf: TypeError,
    message: /option "size"/,
  })
})

const signal = WAIT_OPTIONS['signal'] as OptionCheck

const FITTING: readonly (readonly [string, OptionCheck, readonly unknown[]])[] = [
  ['integer', integer(-1, 5), [-1, 0, 5]],
  ['integer without a limit', integer(0), [0, Number.MAX_SAFE_INTEGER]],
  ['duration', duration, [0, 0.5, 1e12, Number.POSITIVE_INFINITY]],
  ['boolean', boolean, [true, false]],
  ['text', text, ['', 'x']],
  ['texts', texts, [[], ['a', 'b']]],
  ['object', object, [{}, [], new Date()]],
  ['callback', callback, [() => 1, class {}]],
  ['oneOf', oneOf('a', 1), ['a', 1]],
  ['signal', signal, [new AbortController().signal, AbortSignal.abort()]],
]

for (const [name, check, values] of FITTING) {
  test(`${name} takes what fits`, (t) => {
    for (const value of values) t.notThrows(() => check(value, 'it'), String(value))
  })
}

const WRONG: readonly (readonly [string, OptionCheck, readonly unknown[]])[] = [
  ['integer', integer(0, 5), ['1', 1n, null, {}]],
  ['duration', duration, ['1', null, 1n]],
  ['boolean', boolean, [0, 1, 'true', null]],
  ['text', text, [1, null, ['x'], new Uint8Array(1)]],
  ['texts', texts, ['a', [1], [undefined], null, { 0: 'a', length: 1 }]],
  ['object', object, [1, 'x', null, () => 1]],
  ['callback', callback, [{}, null, 'x']],
  ['signal', signal, [{}, null, 'x', new AbortController(), { aborted: false }]],
]

for (const [name, check, values] of WRONG) {
  test(`${name} refuses what is of another kind with a TypeError that begins with the name`, (t) => {
    for (const value of values)
      t.throws(() => check(value, 'it'), { instanceOf: TypeError, message: /^it must be / })
  })
}

const OUT: readonly (readonly [string, OptionCheck, readonly unknown[]])[] = [
  ['integer', integer(0, 5), [-1, 6, 1.5, Number.NaN, Number.POSITIVE_INFINITY]],
  ['duration', duration, [-1, Number.NaN, Number.NEGATIVE_INFINITY]],
  ['oneOf', oneOf('a', 1), ['b', 2, '1', null, Symbol('a')]],
]

for (const [name, check, values] of OUT) {
  test(`${name} refuses what is out of range with a RangeError that begins with the name`, (t) => {
    for (const value of values)
      t.throws(() => check(value, 'it'), { instanceOf: RangeError, message: /^it must / })
  })
}
