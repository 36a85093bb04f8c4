// A signal of our own that stops several waits at once, with no need of the platform's AbortController.

import type { AbortSignalLike } from './deferred.js'

export class Abort implements AbortSignalLike {
  aborted = false
  reason: unknown = undefined
  private readonly listeners = new Set<() => void>()

  /** The first reason counts. */
  abort(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    for (const listener of [...this.listeners]) listener()
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.add(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.delete(listener)
  }
}
