// First in, first out, for any number of values. They live in a chain of blocks of fixed size, so that
// neither end ever moves the rest: push and shift cost the same at any length. A block's array grows as it is
// filled; an empty queue is nearly free.

const BLOCK_SIZE = 256

interface Block<T> {
  readonly items: (T | undefined)[]
  /** Index of the oldest value held. */
  start: number
  /** Index behind the newest value held. */
  end: number
  next: Block<T> | undefined
}

export class Queue<T> {
  private head: Block<T>
  private tail: Block<T>
  private spare: Block<T> | undefined
  private count: number

  constructor() {
    this.head = { items: [], start: 0, end: 0, next: undefined }
    this.tail = this.head
    this.spare = undefined
    this.count = 0
  }

  get length(): number {
    return this.count
  }

  push(value: T): void {
    if (this.tail.end === BLOCK_SIZE) {
      const block = this.spare ?? { items: [], start: 0, end: 0, next: undefined }
      this.spare = undefined
      this.tail.next = block
      this.tail = block
    }
    this.tail.items[this.tail.end++] = value
    this.count++
  }

  /** Takes the oldest value; undefined when there is none. */
  shift(): T | undefined {
    if (this.count === 0) return undefined
    const block = this.head
    const value = block.items[block.start]
    block.items[block.start++] = undefined
    this.count--
    if (block.start === block.end) this.dropEmptyBlocks()
    return value
  }

  /** The oldest value, left where it is; undefined when there is none. */
  peek(): T | undefined {
    return this.count === 0 ? undefined : this.head.items[this.head.start]
  }

  /** Takes out the oldest value that is this very one, wherever it stands; its cost grows with the length. */
  remove(value: T): boolean {
    for (let block: Block<T> | undefined = this.head; block !== undefined; block = block.next) {
      const index = block.items.indexOf(value, block.start)
      if (index === -1 || index >= block.end) continue
      block.items.copyWithin(index, index + 1, block.end)
      block.items[--block.end] = undefined
      this.count--
      if (this.head.start === this.head.end) this.dropEmptyBlocks()
      return true
    }
    return false
  }

  clear(): void {
    this.head = { items: [], start: 0, end: 0, next: undefined }
    this.tail = this.head
    this.spare = undefined
    this.count = 0
  }

  /** Oldest first. The queue must not be changed meanwhile. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let block: Block<T> | undefined = this.head; block !== undefined; block = block.next) {
      for (let i = block.start; i < block.end; i++) yield block.items[i] as T
    }
  }

  /**
   * Moves the head on to the first block that holds something; one used-up block is kept for the next push.
   */
  private dropEmptyBlocks(): void {
    while (this.head.start === this.head.end) {
      const emptied = this.head
      emptied.start = 0
      emptied.end = 0
      if (emptied.next === undefined) return
      this.head = emptied.next
      emptied.next = undefined
      this.spare = emptied
    }
  }
}
