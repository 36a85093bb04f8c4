// The signal that functions of users are handed. A file of its own, as it is part of the published declarations.

/** What every AbortSignal has. */
interface SignalLike {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/**
 * The platform's own AbortSignal, as `fetch` and the like want it: by the types of Node or the DOM where a program has
 * them, else by what is used of it.
 */
export type PlatformAbortSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } }
  ? Signal
  : SignalLike
