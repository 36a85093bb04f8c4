import test from 'ava'
import type { Input } from '../../lib/types/composite.js'
import { Reader, Writer } from '../../lib/types/cursor.js'
import * as hot from '../../lib/types/hot.js'
import { type AnyComposite, readComposite } from '../../lib/types/known-composites.js'
import { decodePerformative, encodePerformative } from '../../lib/types/performative.js'
import { decodeSaslFrame, encodeSaslFrame, type SaslFrame } from '../../lib/types/security.js'
import type { Disposition, Flow, Performative, Transfer } from '../../lib/types/transport.js'
import { bytesOf, hexOf } from '../support/vector-values.js'
import {
  type CompositeVector,
  codecNamed,
  findCompositeDifference,
  frameBody,
  readCompositeVectors,
  toInput,
} from './composite-descriptions.js'

const vectors = readCompositeVectors()

/** One value where several may be, without an array: read, but written as an array, for peers that insist on one. */
const bareValues = new Set([
  'source/one-capability-bare-symbol',
  'open/bare-symbol-capability',
  'sasl/mechanisms-one-bare',
])

/** Codecs beside the tables, which must do the same. */
const others: Readonly<
  Record<string, readonly [(r: Reader) => unknown, (w: Writer, value: AnyComposite) => void]>
> = {
  transfer: [hot.decodeTransfer, (w, value) => hot.encodeTransfer(w, value as Transfer)],
  flow: [hot.decodeFlow, (w, value) => hot.encodeFlow(w, value as Flow)],
  disposition: [hot.decodeDisposition, (w, value) => hot.encodeDisposition(w, value as Disposition)],
}

/** Every way to read and to write the composite: its table, its place among its like, and the straight-line codec. */
function waysOf({ group, composite: { name }, frame }: CompositeVector) {
  const codec = codecNamed(name)
  const ways: [string, (r: Reader) => unknown, (w: Writer, value: AnyComposite) => void][] = [
    ['table', (r) => codec.decode(r), (w, value) => codec.encode(w, value as Input<AnyComposite>)],
  ]
  const straight = others[name]
  if (straight !== undefined) ways.push(['straight line', ...straight])
  if (group === 'performative' || frame?.type === 0) {
    ways.push([
      'performative',
      decodePerformative,
      (w, value) => encodePerformative(w, value as Performative),
    ])
  } else if (group === 'sasl' || frame?.type === 1) {
    ways.push(['SASL frame', decodeSaslFrame, (w, value) => encodeSaslFrame(w, value as SaslFrame)])
  } else {
    ways.push(['any composite', readComposite, (w, value) => codec.encode(w, value as Input<AnyComposite>)])
  }
  return ways
}

function encodeWith(encode: (w: Writer, value: AnyComposite) => void, value: AnyComposite): string {
  const w = new Writer(1)
  encode(w, value)
  return hexOf(w.written())
}

test('the vectors hold composites of every group, and every composite [2.7, 3.2, 3.4, 3.5, 4.5, 5.3]', (t) => {
  const groups = new Set(vectors.map((vector) => vector.group))
  t.deepEqual([...groups].sort(), ['composite', 'frame', 'performative', 'sasl', 'section'])
  t.is(new Set(vectors.map((vector) => vector.composite.name)).size, 33)
  t.true(vectors.filter((vector) => vector.canonical).length >= 80)
})

for (const vector of vectors) {
  const { name, composite, hex, canonical, payloadHex = '' } = vector

  test(`${name} decodes to the fields described [1.4]`, (t) => {
    const body = vector.frame === undefined ? bytesOf(hex) : frameBody(hex)
    for (const [way, decodeWay] of waysOf(vector)) {
      const r = new Reader(body)
      t.is(findCompositeDifference(decodeWay(r), composite), undefined, way)
      t.is(hexOf(body.subarray(r.pos)), payloadHex, `${way}: what is left is the payload`)
      t.is(r.depth, 0)
      t.is(r.end, body.length)
    }
  })

  test(`${name} encodes to ${canonical ? 'exactly its bytes' : 'bytes of the same fields'} [1.4]`, (t) => {
    const input = toInput(composite)
    for (const [way, decodeWay, encodeWay] of waysOf(vector)) {
      const written = encodeWith(encodeWay, input)
      if (canonical) t.is(written, hex, way)
      else t.is(written.length > hex.length, bareValues.has(name), way)
      t.is(findCompositeDifference(decodeWay(new Reader(bytesOf(written))), composite), undefined, way)
    }
  })

  test(`${name} as decoded encodes to the same fields again [1.4]`, (t) => {
    const codec = codecNamed(composite.name)
    const body = vector.frame === undefined ? bytesOf(hex) : frameBody(hex)
    const once = encodeWith(
      (w, value) => codec.encode(w, value as Input<AnyComposite>),
      codec.decode(new Reader(body)),
    )
    const twice = encodeWith(
      (w, value) => codec.encode(w, value as Input<AnyComposite>),
      codec.decode(new Reader(bytesOf(once))),
    )
    t.is(twice, once)
    t.deepEqual(codec.decode(new Reader(bytesOf(once))), codec.decode(new Reader(body)))
  })
}

test('arrays of capabilities take the smallest form there is, one capability alone too [1.6.24]', (t) => {
  const smallest = [
    'sasl/mechanisms-array',
    'sasl/mechanisms-one-in-array',
    'open/all',
    'begin/all',
    'attach/all',
    'source/all',
  ]
  for (const name of smallest) {
    const vector = vectors.find((one) => one.name === name) as CompositeVector
    t.is(
      encodeWith(
        (w, value) => codecNamed(vector.composite.name).encode(w, value as never),
        toInput(vector.composite),
      ),
      vector.hex,
      name,
    )
  }
})
