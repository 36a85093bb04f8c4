import test from 'ava'
import { decode, decodeTyped, encode } from '../../lib/types/index.js'
import { bytesOf, findDifference, hexOf, readValueVectors, toWrapper } from '../support/vector-values.js'

const vectors = readValueVectors()

/** Arrays of elements without bytes, which are read but never written: no count of ours goes without bytes behind it. */
const weightless = new Set(['array/true', 'array/false', 'array/uint0', 'array/ulong0', 'array/list0'])

test('the vectors hold every group of values [1.6]', (t) => {
  const groups = new Set(vectors.map((vector) => vector.group))
  for (const group of [
    'primitive',
    'list',
    'map',
    'array',
    'described',
    'composite',
    'performative',
    'sasl',
  ]) {
    t.true(groups.has(group), group)
  }
  t.true(vectors.length > 500)
  t.true(vectors.filter((vector) => vector.canonical).length > 250)
})

for (const { name, value, hex, canonical } of vectors) {
  const wanted = toWrapper(value)

  test(`${name} decodes to the value described [1.6]`, (t) => {
    const bytes = bytesOf(hex)
    t.is(findDifference(decode(bytes), wanted), undefined)
    const typed = decodeTyped(bytes)
    t.true(typed.equals(wanted), `${typed} is not ${wanted}`)
    t.true(wanted.equals(typed))
  })

  test(`${name} encodes to ${canonical ? 'exactly its bytes' : 'bytes of the same value'} [1.6]`, (t) => {
    const bytes = encode(wanted)
    if (canonical) t.is(hexOf(bytes), hex)
    else t.is(bytes.length > hex.length / 2, weightless.has(name))
    t.is(findDifference(decode(bytes), wanted), undefined)
  })

  test(`${name} is mirrored with every type kept [1.6]`, (t) => {
    const mirrored = encode(decodeTyped(bytesOf(hex)))
    if (canonical) t.is(hexOf(mirrored), hex)
    t.true(decodeTyped(mirrored).equals(wanted))
    t.is(hexOf(encode(decodeTyped(mirrored))), hexOf(mirrored))
  })
}
