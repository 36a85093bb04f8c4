import test from 'ava'
import fc from 'fast-check'
import * as bytes from '../../lib/util/bytes.js'
import { testText } from './text-properties.js'

const { concatBytes, equalBytes, fromHex, toHex } = bytes

testText(bytes)

test('hexadecimal goes both ways', (t) => {
  t.is(toHex(new Uint8Array([0, 0x0f, 0xa0, 0xff])), '000fa0ff')
  t.is(toHex(new Uint8Array()), '')
  t.deepEqual(fromHex('00 0f\nA0ff'), new Uint8Array([0, 0x0f, 0xa0, 0xff]))
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      t.deepEqual(fromHex(toHex(bytes)), new Uint8Array(bytes))
    }),
  )
})

test('what is no hexadecimal is refused', (t) => {
  for (const text of ['0', '0g', '000', '0x00', '+1'])
    t.throws(() => fromHex(text), { instanceOf: TypeError }, text)
})

test('parts are joined in order', (t) => {
  t.deepEqual(concatBytes([]), new Uint8Array())
  t.deepEqual(concatBytes([fromHex('01'), fromHex(''), fromHex('0203')]), fromHex('010203'))
})

test('joined parts are a copy, even of a single part', (t) => {
  const part = fromHex('01')
  const whole = concatBytes([part])
  part[0] = 2
  t.deepEqual(whole, fromHex('01'))
})

test('bytes are equal when length and contents are', (t) => {
  t.true(equalBytes(fromHex(''), fromHex('')))
  t.true(equalBytes(fromHex('0102'), fromHex('0102')))
  t.false(equalBytes(fromHex('0102'), fromHex('0103')))
  t.false(equalBytes(fromHex('0102'), fromHex('010200')))
})
