// The broker's end of a link that receives from a queue: what was handed out is locked until the receiver's outcome
// decides [3.4], or the link ends and it goes back. With distribution-mode copy messages are only shown [3.5.3].

import { OutgoingDelivery } from '../engine/delivery.js'
import { SND_SETTLED, SND_UNSETTLED } from '../engine/link.js'
import type { SenderLink, SenderLinkListener } from '../engine/sender-link.js'
import type { AMQPError } from '../errors.js'
import type { DeliveryState } from '../types/messaging.js'
import { GivenCredit } from './given-credit.js'
import type { Browser, Consumer, MessageQueue, QueueLink } from './queue.js'
import { type StoredMessage, WAITING } from './stored-message.js'

/** A message on its way to a consumer. */
class QueueDelivery extends OutgoingDelivery {
  private readonly message: StoredMessage
  private readonly source: SourceLink

  constructor(source: SourceLink, message: StoredMessage, settled: boolean) {
    super(settled, undefined)
    this.source = source
    this.message = message
    this.messageFormat = message.format
  }

  onSettled(state: DeliveryState | undefined): void {
    this.source.onSettled(this.message, state, this.settled)
  }

  onLost(_reason: AMQPError, inDoubt: boolean): void {
    this.source.onLost(this.message, inDoubt, this.settled)
  }
}

/** A message shown to a browser; what becomes of that concerns nobody. */
class ShownDelivery extends OutgoingDelivery {
  onSettled(): void {}
  onLost(): void {}
}

let lastId = 0

export class SourceLink implements SenderLinkListener, Consumer, Browser, QueueLink {
  inRound = false
  private readonly link: SenderLink
  private readonly queue: MessageQueue
  private readonly browsing: boolean
  private readonly onGone: () => void
  private readonly id = ++lastId
  private readonly credit: GivenCredit
  /** The message that a browser saw last. */
  private seen: StoredMessage | undefined = undefined

  /** `onGone` is called when the link has ended. */
  constructor(link: SenderLink, queue: MessageQueue, browsing: boolean, onGone: () => void) {
    this.link = link
    this.queue = queue
    this.browsing = browsing
    this.onGone = onGone
    this.credit = new GivenCredit(link)
    queue.attach(this)
    if (browsing) queue.addBrowser(this)
    else queue.addConsumer()
  }

  // --- what the queue asks

  get ready(): boolean {
    return this.credit.left
  }

  accepts(message: StoredMessage): boolean {
    return !message.isExcluded(this.id)
  }

  give(message: StoredMessage): void {
    message.onHandedOut(this.queue.nowMs)
    const delivery = new QueueDelivery(this, message, this.link.sndSettleMode === SND_SETTLED)
    if (this.credit.send(delivery, message)) {
      message.acquired = true
      return
    }
    message.exclude(this.id)
    this.queue.release(message)
  }

  look(): void {
    while (this.ready) {
      const message = this.queue.backlog.after(this.seen)
      if (message === undefined) return
      this.seen = message
      if (message.state !== WAITING || message.expiresAtMs <= this.queue.nowMs) continue
      message.onHandedOut(this.queue.nowMs)
      const delivery = new ShownDelivery(this.link.sndSettleMode !== SND_UNSETTLED, undefined)
      delivery.messageFormat = message.format
      this.credit.send(delivery, message)
    }
  }

  onQueueDeleted(name: string): void {
    this.link.detach(true, {
      kind: 'error',
      condition: 'amqp:resource-deleted',
      description: `queue "${name}" was deleted`,
    })
  }

  // --- what became of a message

  onSettled(message: StoredMessage, state: DeliveryState | undefined, preSettled: boolean): void {
    const { queue } = this
    if (preSettled) return queue.complete(message)
    switch (state?.kind) {
      case 'accepted':
        return queue.complete(message)
      case 'rejected':
        return queue.reject(message, state.error)
      case 'modified':
        return queue.modify(message, state, this.id)
      default:
        return queue.release(message)
    }
  }

  onLost(message: StoredMessage, inDoubt: boolean, preSettled: boolean): void {
    if (!inDoubt) this.queue.release(message)
    else if (preSettled) this.queue.complete(message)
    else this.queue.fail(message)
  }

  // --- what the link says

  onAttach(): void {}

  onCredit(): void {
    if (this.browsing) this.look()
    else this.queue.serve(this)
  }

  onEnd(): void {
    this.queue.detach(this)
    if (this.browsing) this.queue.removeBrowser(this)
    else this.queue.removeConsumer(this)
    this.onGone()
  }
}
