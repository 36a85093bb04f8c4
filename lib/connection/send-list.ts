// Messages of one sender whose fate is open, oldest first: a list through the messages themselves, so that a message in
// flight stays one object.

/** What stands in a {@link SendList}. The fields belong to the list. */
export interface SendListEntry<T> {
  older: T | undefined
  newer: T | undefined
}

export class SendList<T extends SendListEntry<T>> {
  size = 0
  oldest: T | undefined = undefined
  private newest: T | undefined = undefined

  add(entry: T): void {
    entry.older = this.newest
    if (this.newest === undefined) this.oldest = entry
    else this.newest.newer = entry
    this.newest = entry
    this.size++
  }

  /** The entry must be in the list. */
  remove(entry: T): void {
    const { older, newer } = entry
    if (older === undefined) this.oldest = newer
    else older.newer = newer
    if (newer === undefined) this.newest = older
    else newer.older = older
    entry.older = undefined
    entry.newer = undefined
    this.size--
  }
}
