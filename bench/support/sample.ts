// The message that every case sends, receives, encodes or decodes: three properties, three application properties,
// one data section of the size asked for.

export const PROPERTIES = {
  messageId: 'order-00000017',
  correlationId: 'request-42',
  contentType: 'application/json',
} as const

export const APPLICATION_PROPERTIES = { region: 'eu-west-1', attempt: 3, urgent: true } as const

const IDS = 1024

/** Message ids to take in turn, so that no client gains from seeing one string over and over. */
export const MESSAGE_IDS: readonly string[] = Array.from(
  { length: IDS },
  (_, i) => `order-${String(i).padStart(8, '0')}`,
)

export function messageId(i: number): string {
  return MESSAGE_IDS[i % IDS] as string
}

/** Bytes that look like text. */
export function bodyOf(size: number): Buffer {
  const body = Buffer.allocUnsafe(size)
  for (let i = 0; i < size; i++) body[i] = 0x20 + ((i * 7) % 0x5f)
  return body
}

/** A map of 20 entries of the usual kinds. */
export function mapOfTwenty(): Record<string, string | number | boolean> {
  const map: Record<string, string | number | boolean> = {}
  for (let i = 0; i < 10; i++) map[`name-${i}`] = `value number ${i}`
  for (let i = 0; i < 5; i++) map[`count-${i}`] = i * 1000
  for (let i = 0; i < 3; i++) map[`ratio-${i}`] = i + 0.25
  map['active'] = true
  map['deleted'] = false
  return map
}

/** Longs that need all of their eight bytes, and that a number can hold. */
export function thousandLongs(): number[] {
  return Array.from({ length: 1000 }, (_, i) => 2 ** 41 + i * 65_537)
}
