import test from 'ava'
import fc from 'fast-check'
import { fromBase64, toBase64 } from '../../lib/util/base64.js'

test('Base64 is what the platform makes of the same bytes, and goes both ways', (t) => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((made) => new Uint8Array(made))
  fc.assert(
    fc.property(bytes, (value) => {
      const text = toBase64(value)
      t.is(text, Buffer.from(value).toString('base64'))
      t.deepEqual(fromBase64(text), value)
    }),
  )
  const large = new Uint8Array(100_000).map((_, i) => i * 7)
  t.is(toBase64(large), Buffer.from(large).toString('base64'))
})

test('what is no Base64, or the same value in another spelling, is refused', (t) => {
  for (const text of [
    'A',
    'AA',
    'AAA',
    'A===',
    '=',
    '====',
    'AA=A',
    'A A=',
    'AAA=AAAA',
    '-_==',
    'AB==',
    'AAB=',
    'AA==\n',
  ]) {
    t.is(fromBase64(text), undefined, text)
  }
  t.deepEqual(fromBase64(''), new Uint8Array())
})
