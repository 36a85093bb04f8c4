import test from 'ava'
import fc from 'fast-check'
import type { Composite, FieldDefinition, Input } from '../../lib/types/composite.js'
import { Writer } from '../../lib/types/cursor.js'
import * as hot from '../../lib/types/hot.js'
import { disposition, flow, transfer } from '../../lib/types/transport.js'
import { concatBytes, fromHex, toHex } from '../../lib/util/bytes.js'
import { attempt, bytes, type Decode, dispositions, flows, hexByte, same, transfers } from './hot-frames.js'

/** The forms that a peer may choose for a field of a type, mandatory or not. */
const FORMS: Record<string, readonly string[]> = {
  uint: ['43', '5207', '5200', '70fffffffe', '7000000000'],
  boolean: ['41', '42', '5601', '5600'],
  ubyte: ['5001', '50ff'],
  binary: ['a003010203', 'a000', 'b000000002abcd'],
  '*': [
    '00532445',
    '00532645',
    '00532545',
    '0080000000000000002445',
    '00a312616d71703a61636365707465643a6c69737445',
    '005327c0020141',
    '0053994101',
    '005324c00100',
  ],
  fields: ['c10100', 'c10602a301615401', 'd10000000900000002a301615401'],
}
const SOURCE_TYPES: Record<string, string> = {
  role: 'boolean',
  'receiver-settle-mode': 'ubyte',
  'delivery-tag': 'binary',
  boolean: 'boolean',
  fields: 'fields',
  '*': '*',
}
const strangeForm = fc.constantFrom(
  '5602',
  'a10141',
  '6001ff',
  '5305',
  '44',
  '45',
  '00532445ff',
  'a0ff01',
  '57',
  '00',
  '',
)
const anyForm = fc.oneof(fc.constantFrom(...Object.values(FORMS).flat()), strangeForm)

function rawField(field: FieldDefinition): fc.Arbitrary<string> {
  const forms = FORMS[SOURCE_TYPES[field.type] ?? 'uint'] as readonly string[]
  return fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...forms) },
    { weight: field.mandatory ? 1 : 10, arbitrary: fc.constant('40') },
    { weight: 1, arbitrary: anyForm },
  )
}

interface RawFrame {
  readonly descriptor: number
  readonly wide: boolean
  readonly items: readonly string[]
  readonly surplus: readonly string[]
  readonly count: number
  readonly lie: readonly [size: number, count: number]
  readonly cut: number
  readonly payload: Uint8Array
}

function rawFrame(table: Composite<{ kind: string }>): fc.Arbitrary<RawFrame> {
  const rarely = <T>(usual: T, else_: fc.Arbitrary<T>): fc.Arbitrary<T> =>
    fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: else_ })
  return fc.record({
    descriptor: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat(3) }),
    wide: fc.boolean(),
    items: fc.tuple(...table.fields.map(rawField)),
    surplus: rarely<string[]>([], fc.array(anyForm, { maxLength: 2 })),
    count: fc.integer({ min: 0, max: table.fields.length }),
    lie: rarely<[number, number]>(
      [0, 0],
      fc.tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 })),
    ),
    cut: rarely(0, fc.nat(5)),
    payload: bytes(5),
  })
}

function buildFrame(code: number, symbol: string, parts: RawFrame): Uint8Array {
  const items = [...parts.items.slice(0, parts.count), ...parts.surplus]
  const content = items.join('')
  const digits = parts.wide ? 8 : 2
  const size = content.length / 2 + digits / 2 + parts.lie[0]
  const head = `${parts.wide ? 'd0' : 'c0'}${hexByte(size, digits)}${hexByte(items.length + parts.lie[1], digits)}`
  const descriptors = [
    `0053${hexByte(code, 2)}`,
    `0080${hexByte(code, 16)}`,
    `00a3${hexByte(symbol.length, 2)}${toHex(new TextEncoder().encode(symbol))}`,
    '005310',
  ]
  return concatBytes([fromHex(`${descriptors[parts.descriptor]}${head}${content}`), parts.payload])
}

for (const [title, table, decode] of [
  ['transfer', transfer, hot.decodeTransfer],
  ['flow', flow, hot.decodeFlow],
  ['disposition', disposition, hot.decodeDisposition],
] as [string, Composite<{ kind: string }>, Decode][]) {
  test(`a ${title} of any fields, right or wrong, comes to what its table makes of it [1.4]`, (t) => {
    let good = 0
    fc.assert(
      fc.property(rawFrame(table), (parts) => {
        const frame = buildFrame(table.code, table.symbol, parts)
        const end = Math.max(0, frame.length - parts.cut)
        const result = attempt(decode, frame, 0, end)
        same(
          result,
          attempt((r) => table.decode(r), frame, 0, end),
        )
        if ('value' in (result as object)) good++
      }),
      { numRuns: 3000, includeErrorInReport: true },
    )
    t.true(good > 500)
  })

  test(`a damaged ${title} comes to what its table makes of it [1.4]`, (t) => {
    const sound = { transfer: transfers, flow: flows, disposition: dispositions }[title] as fc.Arbitrary<{
      kind: string
    }>
    fc.assert(
      fc.property(
        sound,
        fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        (value, hits) => {
          const w = new Writer()
          table.encode(w, value as unknown as Input<{ kind: string }>)
          const frame = w.written()
          for (const [place, byte] of hits) frame[place % frame.length] = byte
          same(
            attempt(decode, frame, 0, frame.length),
            attempt((r) => table.decode(r), frame, 0, frame.length),
          )
        },
      ),
      { numRuns: 1500, includeErrorInReport: true },
    )
    t.pass()
  })
}

test('a state or properties cut off by a size that lies come to what the table makes of it [1.4]', (t) => {
  const lying: readonly (readonly [Composite<{ kind: string }>, Decode, string])[] = [
    [disposition, hot.decodeDisposition, '005315c006064143404100'],
    [transfer, hot.decodeTransfer, '005314c00b0843434040404040400000'],
    [flow, hot.decodeFlow, '005313c00d0b4343434343434343404000c1'],
  ]
  for (const [table, decode, hex] of lying) {
    const frame = fromHex(hex)
    const result = attempt(decode, frame, 0, frame.length)
    t.false('value' in (result as object))
    t.notThrows(() =>
      same(
        result,
        attempt((r) => table.decode(r), frame, 0, frame.length),
      ),
    )
  }
})
