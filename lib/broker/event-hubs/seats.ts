// Who may receive from a partition for a consumer group: five without an epoch, or one with. A receiver with an epoch
// takes the place of all whose epoch is not higher; one that has no right to be there is refused.

import { refusal } from './refusal.js'

/** A receiver as the others see it. */
export interface Seated {
  /** Undefined: it did not ask to be the only one. */
  readonly epoch: bigint | undefined
  /** What it calls itself. */
  readonly name: string
  /** Another has taken its place. */
  onStolen(description: string): void
}

const MOST_WITHOUT_EPOCH = 5

export class Seats {
  private readonly taken = new Set<Seated>()

  /** Throws an AMQPError with the condition when there is no place. */
  take(one: Seated): void {
    if (one.epoch === undefined) this.checkShared(one)
    else this.displaceFor(one, one.epoch)
    this.taken.add(one)
  }

  leave(one: Seated): void {
    this.taken.delete(one)
  }

  private checkShared(one: Seated): void {
    const owner = [...this.taken].find(({ epoch }) => epoch !== undefined)
    if (owner !== undefined)
      throw refusal('amqp:link:stolen', `${title(owner)} is there, and ${title(one)} has none`)
    if (this.taken.size >= MOST_WITHOUT_EPOCH) {
      const names = [...this.taken].map(({ name }) => `"${name}"`).join(', ')
      throw refusal(
        'amqp:resource-limit-exceeded',
        `${MOST_WITHOUT_EPOCH} receivers without an epoch are there, which is the most for a consumer group and a partition: ${names}`,
      )
    }
  }

  private displaceFor(one: Seated, epoch: bigint): void {
    const owner = [...this.taken].find((other) => other.epoch !== undefined && other.epoch > epoch)
    if (owner !== undefined)
      throw refusal('amqp:link:stolen', `${title(owner)} is there, above ${title(one)}`)
    const displaced = [...this.taken]
    this.taken.clear()
    for (const other of displaced) other.onStolen(`${title(one)} has taken the partition`)
  }
}

function title({ name, epoch }: Seated): string {
  return epoch === undefined ? `receiver "${name}"` : `receiver "${name}" of epoch ${epoch}`
}
