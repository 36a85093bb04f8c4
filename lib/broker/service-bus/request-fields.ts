// The fields of a management request, each read as what it must be. Throws an AMQPError that says which one is wrong.

import { AMQPArray, type AMQPMapKey, AMQPUuid, type AMQPValue } from '../../types/wrappers.js'
import { ARGUMENT_ERROR, refusal } from './conditions.js'

export class RequestFields {
  private readonly fields: ReadonlyMap<AMQPMapKey, AMQPValue>

  constructor(body: AMQPValue | undefined) {
    if (!(body instanceof Map)) throw wrong('the body', 'a map')
    this.fields = body
  }

  /** A whole number, of whatever integer type. */
  integer(name: string, least: number): number {
    const value = numberOf(this.fields.get(name))
    if (value === undefined || value < least) throw wrong(name, `a whole number from ${least} on`)
    return value
  }

  text(name: string): string {
    const text = this.optionalText(name)
    if (text === undefined) throw wrong(name, 'a string')
    return text
  }

  optionalText(name: string): string | undefined {
    const value = this.fields.get(name) ?? undefined
    if (value === undefined || typeof value === 'string') return value
    throw wrong(name, 'a string')
  }

  optionalBytes(name: string): Uint8Array | undefined {
    const value = this.fields.get(name) ?? undefined
    if (value === undefined || value instanceof Uint8Array) return value
    throw wrong(name, 'binary')
  }

  optionalDate(name: string): Date | undefined {
    const value = this.fields.get(name) ?? undefined
    if (value === undefined || value instanceof Date) return value
    throw wrong(name, 'a timestamp')
  }

  optionalMap(name: string): ReadonlyMap<AMQPMapKey, AMQPValue> | undefined {
    const value = this.fields.get(name) ?? undefined
    if (value === undefined || value instanceof Map) return value
    throw wrong(name, 'a map')
  }

  numbers(name: string): number[] {
    return this.items(name).map((item) => {
      const number = numberOf(item)
      if (number === undefined) throw wrong(name, 'an array of long')
      return number
    })
  }

  uuids(name: string): string[] {
    return this.items(name).map((item) => {
      if (!(item instanceof AMQPUuid)) throw wrong(name, 'an array of uuid')
      return item.toString()
    })
  }

  maps(name: string): RequestFields[] {
    return this.items(name).map((item) => new RequestFields(item))
  }

  /** An array or a list with something in it. */
  private items(name: string): readonly AMQPValue[] {
    const value = this.fields.get(name)
    const items = value instanceof AMQPArray ? value.value : value
    if (!Array.isArray(items) || items.length === 0) throw wrong(name, 'an array that is not empty')
    return items
  }
}

function numberOf(value: AMQPValue | undefined): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value
  return Number.isSafeInteger(number) ? (number as number) : undefined
}

function wrong(name: string, wanted: string): Error {
  return refusal(ARGUMENT_ERROR, `${name} must be ${wanted}`)
}
