// Names that nobody else has: container-ids, link names.

import { globals } from './globals.js'

/** A random UUID as text. */
export function randomId(): string {
  return globals.crypto.randomUUID()
}
