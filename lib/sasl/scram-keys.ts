// The arithmetic of SCRAM (RFC 5802, section 3), by WebCrypto: what both ends compute from the password.

import { globals } from '../util/globals.js'

/** Names as registered, the strongest first. */
export const SCRAM_NAMES = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1'] as const
export type ScramName = (typeof SCRAM_NAMES)[number]

/** RFC 5802 and 7677 allow no less. */
export const MIN_ITERATIONS = 4096

/** Length of a hash, in bytes. */
const HASH_BYTES: Readonly<Record<string, number>> = { 'SHA-1': 20, 'SHA-256': 32, 'SHA-512': 64 }

/** Hi: what takes long. */
export async function saltPassword(
  name: ScramName,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  const { subtle } = globals.crypto
  const hash = hashOf(name)
  const key = await subtle.importKey('raw', password, { name: 'PBKDF2' }, false, ['deriveBits'])
  const parameters = { name: 'PBKDF2', hash, salt, iterations }
  return new Uint8Array(await subtle.deriveBits(parameters, key, 8 * (HASH_BYTES[hash] as number)))
}

export async function hmac(name: ScramName, key: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
  const { subtle } = globals.crypto
  const imported = await subtle.importKey('raw', key, { name: 'HMAC', hash: hashOf(name) }, false, ['sign'])
  return new Uint8Array(await subtle.sign('HMAC', imported, data))
}

export async function digest(name: ScramName, data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await globals.crypto.subtle.digest(hashOf(name), data))
}

/** So many random bytes. */
export function randomBytes(count: number): Uint8Array {
  return globals.crypto.getRandomValues(new Uint8Array(count))
}

/** Both of one length. */
export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ (b[i] as number))
}

/** Takes as long wherever the two differ, so that nobody learns where. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}

function hashOf(name: ScramName): string {
  return name.slice('SCRAM-'.length)
}
