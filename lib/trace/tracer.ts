// The hook by which someone watches a connection at work. No tracer costs one test for undefined; a tracer
// that leaves out a method costs no more. Text is handed over as a function, so that nobody writes what
// nobody reads.

export type TraceDirection = 'in' | 'out'

/**
 * Every method is optional, is called synchronously from the middle of things, and must neither block nor
 * throw.
 */
export interface Tracer {
  /**
   * A frame was read, or is about to be written. `text` gives it as one readable line in the specification's
   * words, without secrets; it must be called at once or never, as the bytes behind it may be gone later.
   */
  frame?(direction: TraceDirection, channel: number, text: () => string): void
  /**
   * Something else happened that helps to understand what follows: a connection was lost, something is tried again, a
   * redirect followed, a token renewed. `text` is as that of `frame`.
   */
  event?(text: () => string): void
}
