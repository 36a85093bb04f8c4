// Promises, looked at from outside.

/** What a promise has come to by now. Looking at it handles a rejection. */
export interface Watched<T> {
  state: 'pending' | 'resolved' | 'rejected'
  value: T | undefined
  error: unknown
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: Watched<T> = { state: 'pending', value: undefined, error: undefined }
  promise.then(
    (value) => Object.assign(watched, { state: 'resolved', value }),
    (error) => Object.assign(watched, { state: 'rejected', error }),
  )
  return watched
}

/** States of several promises, in order. */
export function states(watched: readonly Watched<unknown>[]): string[] {
  return watched.map(({ state }) => state)
}
