// The credit of a sending link that is not spoken for: what the link was given may still wait in it to be sent.

import type { SenderLink } from '../engine/sender-link.js'
import { serialAdd, serialDiff } from '../util/serial.js'

export class SpareCredit {
  private readonly link: Pick<SenderLink, 'credit'>
  /** Delivery-count that the link will have when all that it was given is sent. */
  private givenCount: number

  constructor(link: Pick<SenderLink, 'credit'>) {
    this.link = link
    this.givenCount = link.credit.deliveryCount
  }

  /** The credit's limit counts from its delivery-count [2.6.7]; a drain moves that ahead of what was given. */
  get left(): number {
    const { deliveryCount, linkCredit } = this.link.credit
    if (serialDiff(deliveryCount, this.givenCount) > 0) this.givenCount = deliveryCount
    return linkCredit - serialDiff(this.givenCount, deliveryCount)
  }

  /** The link was given a delivery. */
  use(): void {
    this.givenCount = serialAdd(this.givenCount, 1)
  }
}
