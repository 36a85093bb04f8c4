// The constructors of the type system [1.6] and the layout that each says follows it.
// The high half of a format code tells the width class; only the codes listed in the specification are valid.

export const DESCRIBED = 0x00
export const NULL = 0x40
export const TRUE = 0x41
export const FALSE = 0x42
export const UINT0 = 0x43
export const ULONG0 = 0x44
export const LIST0 = 0x45
export const UBYTE = 0x50
export const BYTE = 0x51
export const SMALLUINT = 0x52
export const SMALLULONG = 0x53
export const SMALLINT = 0x54
export const SMALLLONG = 0x55
export const BOOLEAN = 0x56
export const USHORT = 0x60
export const SHORT = 0x61
export const UINT = 0x70
export const INT = 0x71
export const FLOAT = 0x72
export const CHAR = 0x73
export const DECIMAL32 = 0x74
export const ULONG = 0x80
export const LONG = 0x81
export const DOUBLE = 0x82
export const TIMESTAMP = 0x83
export const DECIMAL64 = 0x84
export const DECIMAL128 = 0x94
export const UUID = 0x98
export const BINARY8 = 0xa0
export const STRING8 = 0xa1
export const SYMBOL8 = 0xa3
export const BINARY32 = 0xb0
export const STRING32 = 0xb1
export const SYMBOL32 = 0xb3
export const LIST8 = 0xc0
export const MAP8 = 0xc1
export const LIST32 = 0xd0
export const MAP32 = 0xd1
export const ARRAY8 = 0xe0
export const ARRAY32 = 0xf0

/** Names of the types of the specification [1.6], and `described` for a value that carries a descriptor [1.1.2]. */
export type AMQPTypeName =
  | 'null'
  | 'boolean'
  | 'ubyte'
  | 'ushort'
  | 'uint'
  | 'ulong'
  | 'byte'
  | 'short'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'decimal32'
  | 'decimal64'
  | 'decimal128'
  | 'char'
  | 'timestamp'
  | 'uuid'
  | 'binary'
  | 'string'
  | 'symbol'
  | 'list'
  | 'map'
  | 'array'
  | 'described'

/** Type of the value that follows each valid format code. */
export const TYPE_OF_CODE: ReadonlyMap<number, AMQPTypeName> = new Map<number, AMQPTypeName>([
  [DESCRIBED, 'described'],
  [NULL, 'null'],
  [TRUE, 'boolean'],
  [FALSE, 'boolean'],
  [BOOLEAN, 'boolean'],
  [UBYTE, 'ubyte'],
  [USHORT, 'ushort'],
  [UINT0, 'uint'],
  [SMALLUINT, 'uint'],
  [UINT, 'uint'],
  [ULONG0, 'ulong'],
  [SMALLULONG, 'ulong'],
  [ULONG, 'ulong'],
  [BYTE, 'byte'],
  [SHORT, 'short'],
  [SMALLINT, 'int'],
  [INT, 'int'],
  [SMALLLONG, 'long'],
  [LONG, 'long'],
  [FLOAT, 'float'],
  [DOUBLE, 'double'],
  [DECIMAL32, 'decimal32'],
  [DECIMAL64, 'decimal64'],
  [DECIMAL128, 'decimal128'],
  [CHAR, 'char'],
  [TIMESTAMP, 'timestamp'],
  [UUID, 'uuid'],
  [BINARY8, 'binary'],
  [BINARY32, 'binary'],
  [STRING8, 'string'],
  [STRING32, 'string'],
  [SYMBOL8, 'symbol'],
  [SYMBOL32, 'symbol'],
  [LIST0, 'list'],
  [LIST8, 'list'],
  [LIST32, 'list'],
  [MAP8, 'map'],
  [MAP32, 'map'],
  [ARRAY8, 'array'],
  [ARRAY32, 'array'],
])

/** Types whose values are primitive values of JavaScript, too. */
export const PRIMITIVE: readonly AMQPTypeName[] = [
  'null',
  'boolean',
  'ubyte',
  'ushort',
  'uint',
  'ulong',
  'byte',
  'short',
  'int',
  'long',
  'float',
  'double',
  'string',
]

/** {@link LAYOUT} of a value that has its size before it, in one byte. */
export const SIZED8 = 0x20
/** {@link LAYOUT} of a value that has its size before it, in four bytes. */
export const SIZED32 = 0x21
/** {@link LAYOUT} of a code that the specification does not know. */
export const UNKNOWN = 0xff

/** What follows each format code: a number of bytes up to 16, {@link SIZED8}, {@link SIZED32}, or {@link UNKNOWN}. */
export const LAYOUT: Uint8Array = layouts()

function layouts(): Uint8Array {
  const byHighHalf = [UNKNOWN, 0, 0, 0, 0, 1, 2, 4, 8, 16, SIZED8, SIZED32, SIZED8, SIZED32, SIZED8, SIZED32]
  const table = new Uint8Array(256).fill(UNKNOWN)
  for (const code of TYPE_OF_CODE.keys()) table[code] = byHighHalf[code >> 4] as number
  return table
}
