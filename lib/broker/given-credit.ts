// How much of a receiver's credit is left when all that its link was given counts, sent or not.

import type { OutgoingDelivery } from '../engine/delivery.js'
import type { PayloadSource } from '../engine/payload.js'
import type { SenderLink } from '../engine/sender-link.js'
import { AMQPError } from '../errors.js'
import { serialAdd, serialDiff } from '../util/serial.js'

type CreditedLink = Pick<SenderLink, 'attached' | 'credit' | 'send'>

export class GivenCredit {
  private readonly link: CreditedLink
  /** Delivery-count that the link will have when all that it was given is sent. */
  private givenCount: number

  constructor(link: CreditedLink) {
    this.link = link
    this.givenCount = link.credit.deliveryCount
  }

  /** The credit's limit counts from its delivery-count [2.6.7]; a drain moves that ahead of what was given. */
  get left(): boolean {
    if (!this.link.attached) return false
    const { deliveryCount, linkCredit } = this.link.credit
    if (serialDiff(deliveryCount, this.givenCount) > 0) this.givenCount = deliveryCount
    return linkCredit > serialDiff(this.givenCount, deliveryCount)
  }

  /** False when the link does not take the message: it is larger than the receiver allows. */
  send(delivery: OutgoingDelivery, message: PayloadSource): boolean {
    try {
      this.link.send(delivery, message)
    } catch (error) {
      if (error instanceof AMQPError) return false
      throw error
    }
    this.givenCount = serialAdd(this.givenCount, 1)
    return true
  }
}
