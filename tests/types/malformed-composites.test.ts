import test from 'ava'
import { DecodeError } from '../../lib/errors.js'
import { Reader } from '../../lib/types/cursor.js'
import { readComposite } from '../../lib/types/known-composites.js'
import { readSection } from '../../lib/types/messaging.js'
import { decodePerformative } from '../../lib/types/performative.js'
import { decodeSaslFrame } from '../../lib/types/security.js'
import { bytesOf, readVectorFile } from '../support/vector-values.js'
import { frameBody } from './composite-descriptions.js'

interface MalformedVector {
  readonly name: string
  readonly context: string
  readonly hex: string
  readonly expect: { readonly kind: string; readonly condition: string | null }
}

const vectors = readVectorFile('malformed.json') as readonly MalformedVector[]
const performatives = vectors.filter(({ context }) => context === 'performative')
const messages = vectors.filter(({ context }) => context === 'message')
const bodies = vectors.filter(
  ({ context, expect }) => context === 'frame' && expect.kind === 'not-a-performative',
)

function readMessage(r: Reader): void {
  while (r.pos < r.end) readSection(r)
}

test('there are malformed performatives, messages and frame bodies to refuse [2.7, 3.2]', (t) => {
  t.deepEqual([performatives.length, messages.length, bodies.length], [7, 3, 3])
})

for (const [vector, bytes, read] of [
  ...performatives.map((one) => [one, bytesOf(one.hex), decodePerformative] as const),
  ...messages.map((one) => [one, bytesOf(one.hex), readMessage] as const),
  ...bodies.map((one) => [one, frameBody(one.hex), decodePerformative] as const),
]) {
  test(`${vector.name} is refused as ${vector.expect.kind} [1.4]`, (t) => {
    const error = t.throws(() => read(new Reader(bytes)), { instanceOf: DecodeError })
    t.is(error?.kind, vector.expect.kind as DecodeError['kind'])
    t.is(error?.condition, vector.expect.condition ?? undefined)
    t.true((error?.offset ?? -1) >= 0 && (error?.offset ?? -1) <= bytes.length)
  })
}

for (const { name, hex, expect } of performatives) {
  test(`${name} is refused by the reader of any composite too, as ${expect.kind} [1.4]`, (t) => {
    const error = t.throws(() => readComposite(new Reader(bytesOf(hex))), { instanceOf: DecodeError })
    t.is(error?.kind, expect.kind as DecodeError['kind'])
  })
}

test('the body of a SASL frame is one of its five frames [5.3.3]', (t) => {
  for (const hex of ['00531045', '40', '00a30161c00100', '00534545', '0080000000010000004445', '5344']) {
    const error = t.throws(() => decodeSaslFrame(new Reader(bytesOf(hex))), { instanceOf: DecodeError })
    t.is(error?.kind, 'not-a-performative', hex)
  }
  for (const hex of ['', '00', '0053', '00a314616d71', '008000']) {
    const error = t.throws(() => decodeSaslFrame(new Reader(bytesOf(hex))), { instanceOf: DecodeError })
    t.true(error?.kind === 'truncated' || error?.kind === 'size-exceeds-input', hex)
  }
})

test('a body that ends within its descriptor is no performative yet [2.7]', (t) => {
  for (const descriptor of [
    '005314',
    '005310',
    '00800000000000000014',
    '00a312616d71703a7472616e736665723a6c697374',
  ]) {
    const bytes = bytesOf(descriptor)
    for (let end = 0; end <= bytes.length; end++) {
      const error = t.throws(() => decodePerformative(new Reader(bytes, 0, end)), { instanceOf: DecodeError })
      t.true(
        error?.kind === 'truncated' || error?.kind === 'size-exceeds-input',
        `${descriptor} up to ${end}`,
      )
    }
  }
})
