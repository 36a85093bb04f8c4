import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { DecodeError, EncodeError } from '../../lib/errors.js'
import {
  AMQPArray,
  AMQPDescribed,
  type AMQPInput,
  decode,
  decodeTyped,
  encode,
} from '../../lib/types/index.js'
import { bytesOf } from '../support/vector-values.js'

function nest(levels: number): AMQPInput {
  let value: AMQPInput = 1
  for (let i = 0; i < levels; i++)
    value = i % 3 === 0 ? [value] : i % 3 === 1 ? { a: value } : new AMQPDescribed(1, value)
  return value
}

test('64 levels are written and read, one more is refused both ways [1.6]', (t) => {
  const deepest = encode(nest(64))
  t.notThrows(() => decode(deepest))
  t.true(decodeTyped(deepest).equals(decodeTyped(encode(decodeTyped(deepest)))))
  t.throws(() => encode(nest(65)), {
    instanceOf: EncodeError,
    message: /^more than 64 levels of nesting \(at /,
  })
  const size = deepest.length + 4
  const deeper = new Uint8Array([0xd0, 0, 0, size >> 8, size & 0xff, 0, 0, 0, 1, ...deepest])
  t.is(t.throws(() => decode(deeper), { instanceOf: DecodeError })?.kind, 'nesting-too-deep')
  t.is(t.throws(() => decodeTyped(deeper), { instanceOf: DecodeError })?.kind, 'nesting-too-deep')
  t.notThrows(() => decode(deeper, { maxDepth: 65 }))
})

test('arrays count as a level, and so does every descriptor of theirs [1.6.24]', (t) => {
  let array: AMQPArray = new AMQPArray([1])
  for (let i = 1; i < 64; i++) array = new AMQPArray([array])
  t.true(decodeTyped(encode(array)).equals(array))
  t.throws(() => encode(new AMQPArray([array])), { instanceOf: EncodeError, message: /64 levels/ })
  const described = new AMQPArray([1], 'int', new Array<number>(63).fill(0))
  t.true(decodeTyped(encode(described)).equals(described))
  t.throws(() => encode(new AMQPArray([1], 'int', new Array<number>(64).fill(0))), {
    instanceOf: EncodeError,
  })
  const lists = new AMQPArray([[[1]]], 'list', new Array<number>(61).fill(0))
  t.true(decodeTyped(encode(lists)).equals(lists))
  t.throws(() => encode(new AMQPArray([[[1]]], 'list', new Array<number>(62).fill(0))), {
    instanceOf: EncodeError,
  })
  t.throws(() => encode(new AMQPArray([[]], 'list', new Array<number>(63).fill(0))), {
    instanceOf: EncodeError,
  })
})

test('limits of a decoder hold for depth, elements and size, and are checked themselves [1.6]', (t) => {
  const bytes = encode([1, [2, { a: 3 }]])
  const kind = (limits: object): string | undefined => {
    for (const run of [decode, decodeTyped]) {
      try {
        run(bytes, limits)
      } catch (error) {
        if (error instanceof DecodeError) return error.kind
        throw error
      }
    }
    return undefined
  }
  t.is(kind({}), undefined)
  t.is(kind({ maxDepth: undefined, maxElements: undefined, maxBytes: undefined }), undefined)
  t.is(kind({ maxDepth: 3 }), undefined)
  t.is(kind({ maxDepth: 2 }), 'nesting-too-deep')
  t.is(kind({ maxElements: 6 }), undefined)
  t.is(kind({ maxElements: 5 }), 'count-exceeds-limit')
  t.is(kind({ maxBytes: bytes.length }), undefined)
  t.is(kind({ maxBytes: bytes.length - 1 }), 'count-exceeds-limit')
  for (const limits of [{ maxDepth: -1 }, { maxDepth: 1025 }, { maxElements: 0.5 }, { maxBytes: '1' }]) {
    t.throws(() => decode(bytes, limits as never), { instanceOf: RangeError, message: /^max\w+ must be/ })
  }
  t.throws(() => decode(bytes, { maxDeep: 1 } as never), {
    instanceOf: TypeError,
    message: /^maxDeep is not/,
  })
})

interface Bomb {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Constructor, size and count in four bytes each, and content. */
function compound(code: number, count: number, content: Uint8Array): Uint8Array {
  const head = new Uint8Array(9)
  const view = new DataView(head.buffer)
  head[0] = code
  view.setUint32(1, content.length + 4)
  view.setUint32(5, count)
  return Buffer.concat([head, content])
}

/** A list or an array of 64 KiB, or somewhat less: what stands before its elements, and as many of these as fit. */
function filled(name: string, code: number, before: string, element: string, spare = 0): Bomb {
  const times = Math.floor((65536 - 9 - before.length / 2 - spare) / (element.length / 2))
  return { name, bytes: compound(code, times, bytesOf(before + element.repeat(times))) }
}

/** A list of arrays without bytes, each of which announces 65536 elements. */
const manyFree = filled('many arrays of elements without bytes', 0xd0, '', 'f0000000050001000040')

function keys(name: string, key: (i: number) => number[]): Bomb {
  const pairs: number[] = []
  let count = 0
  for (; pairs.length < 65536 - 40; count++) pairs.push(...key(count), 0x40)
  return { name, bytes: compound(0xd1, 2 * count, Uint8Array.from(pairs)) }
}

/** Maps in maps as values, each after keys that are alike to JavaScript, so that every level is looked at again. */
function nestedCollisions(): Bomb {
  let bytes = bytesOf('40')
  for (let level = 0; level < 60; level++)
    bytes = compound(0xd1, 4, Buffer.concat([bytesOf('5201405401'), bytes]))
  return { name: 'maps in maps, each with keys alike', bytes }
}

/** The dearest elements that have bytes, together with as many without bytes as are left. */
function dearest(): Bomb {
  const maps = filled('', 0xf0, 'c1', '0100', 40).bytes
  const lists = bytesOf('f0000000050000800045')
  return {
    name: 'empty maps, and lists without bytes',
    bytes: compound(0xd0, 2, Buffer.concat([maps, lists])),
  }
}

const bombs: readonly Bomb[] = [
  { name: 'an array of 65536 nulls in ten bytes', bytes: bytesOf('f0000000050001000040') },
  { name: 'an array of 65536 empty lists in ten bytes', bytes: bytesOf('f0000000050001000045') },
  { name: 'an array of 65536 zeros in ten bytes', bytes: bytesOf('f0000000050001000044') },
  manyFree,
  filled('a list of nulls', 0xd0, '', '40'),
  filled('a list of empty lists', 0xd0, '', '45'),
  filled('a list of empty maps', 0xd0, '', 'c10100'),
  filled('a list of empty arrays', 0xd0, '', 'e0020040'),
  filled('a list of described nulls', 0xd0, '', '004040'),
  filled('a list of booleans', 0xd0, '', '5601'),
  filled('a list of longs', 0xd0, '', '5501'),
  filled('a list of binaries', 0xd0, '', 'a00101'),
  filled('a list of symbols', 0xd0, '', 'a30161'),
  filled('a list of uuids', 0xd0, '', `98${'01'.repeat(16)}`),
  filled('a list of timestamps', 0xd0, '', '830000000000000001'),
  filled('an array of small longs', 0xf0, '55', '01'),
  filled('an array of longs', 0xf0, '81', '7f00000000000001'),
  filled('an array of empty maps', 0xf0, 'c1', '0100'),
  filled('an array of empty lists', 0xf0, 'c0', '0100'),
  filled('an array of empty arrays', 0xf0, 'e0', '020040'),
  filled('an array of empty binaries', 0xf0, 'a0', '00'),
  filled('an array of short binaries', 0xf0, 'a0', '0101'),
  filled('an array of empty strings', 0xf0, 'a1', '00'),
  filled('an array of empty symbols', 0xf0, 'a3', '00'),
  filled('an array of chars', 0xf0, '73', '00000041'),
  filled('an array of decimals', 0xf0, '74', '32800001'),
  filled('an array of arrays without bytes', 0xf0, 'f0', '000000050000ffff40'),
  keys('a map of many keys', (i) => [0x60, i >> 8, i & 0xff]),
  keys('a map whose keys are all alike in pairs', (i) => [
    i % 2 === 0 ? 0x60 : 0x61,
    i >> 9,
    (i >> 1) & 0xff,
  ]),
  keys('a map of long keys', (i) => [0xa1, 8, ...Buffer.from(String(i).padStart(8, '0'))]),
  nestedCollisions(),
  dearest(),
]

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Code that counts its lines for the coverage runs several times slower than it is. */
const LONGEST_MS = '__coverage__' in globalThis ? 200 : 50

/** Processor time of a run (other processes may have the processor meanwhile), and the memory taken when it ends: what it gives and what it left behind, so never less than it needs. */
function measure(run: () => unknown): { readonly bytes: number; readonly ms: number } {
  collectGarbage()
  const before = process.memoryUsage()
  const start = process.cpuUsage()
  let outcome: unknown
  try {
    outcome = run()
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    outcome = error
  }
  const { user, system } = process.cpuUsage(start)
  const ms = (user + system) / 1000
  const after = process.memoryUsage()
  const bytes = after.heapUsed + after.external - before.heapUsed - before.external
  return { bytes: outcome === undefined ? 0 : bytes, ms }
}

for (const { name, bytes } of bombs) {
  test.serial(`${name}: 64 KiB cost no more than 50 ms and 10 MB [1.6]`, (t) => {
    t.true(bytes.length <= 65536)
    for (const run of [decode, decodeTyped]) {
      // The best of a few for time: the first runs are compiled while they run.
      const runs = Array.from({ length: 4 }, () => measure(() => run(bytes)))
      t.true(Math.min(...runs.map((one) => one.ms)) < LONGEST_MS, `${runs.map((one) => one.ms)} ms`)
      t.true(Math.max(...runs.map((one) => one.bytes)) < 10e6, `${runs.map((one) => one.bytes)} bytes`)
    }
  })
}

test('elements without bytes are counted over all levels together [1.6.24]', (t) => {
  const kind = (run: () => unknown): string | undefined => t.throws(run, { instanceOf: DecodeError })?.kind
  for (const run of [decode, decodeTyped]) {
    t.is(
      kind(() => run(manyFree.bytes)),
      'count-exceeds-limit',
    )
    t.is(
      kind(() => run(bytesOf('f0000000050001ffff40'))),
      'count-exceeds-limit',
    )
  }
  t.is((decode(bytesOf('f0000000050001000040')) as AMQPArray).length, 65536)
})

test('a large honest array is read whatever its count [1.6.24]', (t) => {
  const numbers = Array.from({ length: 200_000 }, (_, i) => i & 0xff)
  const array = decode(encode(new AMQPArray(numbers, 'ubyte'))) as AMQPArray<number>
  t.is(array.length, 200_000)
  t.is(array.value[199_999], 199_999 & 0xff)
})
