// Messages that were handed out or passed over before and wait again, in their original order. Most come back in
// order or go back to the very front, and most are taken from the front: both are cheap.

const MIN_GAP = 64

export class Returned<M extends { readonly sequence: number }> {
  /** Ascending by sequence from `from` on; before that, a gap. */
  private items: (M | undefined)[] = []
  private from = 0

  get length(): number {
    return this.items.length - this.from
  }

  at(index: number): M {
    return this.items[this.from + index] as M
  }

  insert(message: M): void {
    const index = this.placeOf(message.sequence)
    if (index === this.length) this.items.push(message)
    else if (index === 0 && this.from > 0) this.items[--this.from] = message
    else this.items.splice(this.from + index, 0, message)
  }

  removeAt(index: number): void {
    if (index > 0) {
      this.items.splice(this.from + index, 1)
      return
    }
    this.items[this.from++] = undefined
    if (this.from < MIN_GAP || this.from < this.items.length >>> 1) return
    this.items = this.items.slice(this.from)
    this.from = 0
  }

  remove(message: M): void {
    const index = this.placeOf(message.sequence)
    if (index < this.length && this.at(index) === message) this.removeAt(index)
  }

  /** Index of the first message whose sequence is not below this one. */
  private placeOf(sequence: number): number {
    const { length } = this
    if (length === 0 || this.at(length - 1).sequence < sequence) return length
    let low = 0
    let high = length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.at(middle).sequence < sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}
