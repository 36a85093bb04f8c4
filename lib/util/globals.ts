// What the core uses of its surroundings beyond the language itself, typed here once: Node, browsers and
// workers have these, but their type packages stay out of the core and of the published declarations.

import type { PlatformAbortSignal } from './platform-abort-signal.js'

interface TextEncoderLike {
  encode(text: string): Uint8Array
  encodeInto(text: string, target: Uint8Array): { read?: number; written?: number }
}

interface TextDecoderLike {
  decode(bytes: Uint8Array): string
}

/** The routines under Node's Buffer; they work on any Uint8Array that is handed in as `this`. */
export interface NativeStrings {
  utf8Slice(this: Uint8Array, start: number, end: number): string
  latin1Slice(this: Uint8Array, start: number, end: number): string
  utf8Write(this: Uint8Array, text: string, offset: number, length: number): number
}

/** A key as WebCrypto holds it: only WebCrypto itself can use it. */
export interface CryptoKeyLike {
  readonly type: string
}

/** What is used of WebCrypto. */
interface CryptoLike {
  randomUUID(): string
  getRandomValues(target: Uint8Array): Uint8Array
  readonly subtle: {
    digest(hash: string, data: Uint8Array): Promise<ArrayBuffer>
    importKey(
      format: 'raw',
      key: Uint8Array,
      algorithm: { readonly name: string; readonly hash?: string },
      extractable: boolean,
      usages: readonly string[],
    ): Promise<CryptoKeyLike>
    sign(algorithm: string, key: CryptoKeyLike, data: Uint8Array): Promise<ArrayBuffer>
    deriveBits(
      algorithm: {
        readonly name: string
        readonly hash: string
        readonly salt: Uint8Array
        readonly iterations: number
      },
      key: CryptoKeyLike,
      bits: number,
    ): Promise<ArrayBuffer>
  }
}

/** What is used of AbortController. */
interface AbortControllerLike {
  readonly signal: PlatformAbortSignal
  abort(reason?: unknown): void
}

interface Globals {
  readonly TextEncoder: new () => TextEncoderLike
  readonly TextDecoder: new (
    label: string,
    options: { fatal: boolean; ignoreBOM: boolean },
  ) => TextDecoderLike
  readonly Buffer?:
    | {
        readonly prototype: Partial<NativeStrings>
        byteLength(text: string): number
        allocUnsafeSlow(length: number): Uint8Array
      }
    | undefined
  readonly performance: { now(): number }
  readonly process?:
    | {
        readonly env?: Readonly<Record<string, string | undefined>>
        readonly stderr: { write(text: string): unknown }
      }
    | undefined
  readonly crypto: CryptoLike
  readonly AbortController: new () => AbortControllerLike
  atob(base64: string): string
  btoa(latin1: string): string
  setTimeout(fn: () => void, ms: number): unknown
  clearTimeout(handle: unknown): void
  setImmediate?(fn: () => void): unknown
}

/** `globalThis` with the types above. */
export const globals = globalThis as unknown as Globals
