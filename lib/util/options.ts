// Options are checked where they are given: unknown names and values out of range are refused at once,
// with an error that names the option.

import { suggestion } from './spelling.js'

/**
 * Throws a TypeError or RangeError that begins with `name` when the value will not do. Never called with
 * undefined.
 */
export type OptionCheck = (value: unknown, name: string) => void

/**
 * Refuses what `checks` does not know, and what it knows to be wrong. `what` names the thing the options are
 * for.
 */
export function checkOptions(
  what: string,
  options: unknown,
  checks: Readonly<Record<string, OptionCheck>>,
): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${what}: options must be an object`)
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) {
      const known = Object.keys(checks).sort()
      throw new TypeError(
        `${what}: unknown option "${name}"${suggestion(name, known)}; known: ${known.join(', ')}`,
      )
    }
    if (value !== undefined) check(value, `${what}: option "${name}"`)
  }
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): OptionCheck {
  return (value, name) => {
    if (typeof value !== 'number') throw new TypeError(`${name} must be a number`)
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new RangeError(`${name} must be a whole number from ${min} to ${max}, not ${value}`)
    }
  }
}

/** A duration in milliseconds; 0 and Infinity are durations. */
export const duration: OptionCheck = (value, name) => {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number of milliseconds`)
  if (!(value >= 0)) throw new RangeError(`${name} must not be negative: ${value}`)
}

export const boolean: OptionCheck = (value, name) => {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`)
}

export const text: OptionCheck = (value, name) => {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string`)
}

export const texts: OptionCheck = (value, name) => {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new TypeError(`${name} must be an array of strings`)
  }
}

export const object: OptionCheck = (value, name) => {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} must be an object`)
}

export const callback: OptionCheck = (value, name) => {
  if (typeof value !== 'function') throw new TypeError(`${name} must be a function`)
}

/** One of a few values. */
export function oneOf(...allowed: readonly (string | number)[]): OptionCheck {
  return (value, name) => {
    if (!allowed.includes(value as string | number)) {
      throw new RangeError(`${name} must be one of ${allowed.join(', ')}, not ${String(value)}`)
    }
  }
}

/** The options that every wait takes. */
export const WAIT_OPTIONS: Readonly<Record<string, OptionCheck>> = {
  timeoutMs: duration,
  signal: (value, name) => {
    const signal = value as { aborted?: unknown; addEventListener?: unknown }
    if (typeof signal?.aborted !== 'boolean' || typeof signal.addEventListener !== 'function') {
      throw new TypeError(`${name} must be an AbortSignal`)
    }
  },
}
