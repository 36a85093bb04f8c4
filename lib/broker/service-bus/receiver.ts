// The broker's end of a link that receives from a Service Bus queue: what goes out is locked by its delivery-tag, and
// the lock outlives the link, unless it is that of a session.

import { OutgoingDelivery } from '../../engine/delivery.js'
import { SND_SETTLED } from '../../engine/link.js'
import type { SenderLink, SenderLinkListener } from '../../engine/sender-link.js'
import type { AMQPError } from '../../errors.js'
import type { DeliveryState } from '../../types/messaging.js'
import { GivenCredit } from '../given-credit.js'
import type { QueueLink } from '../queue.js'
import type { BrokeredMessage } from './brokered-message.js'
import { SESSION_LOCK_LOST, TIMEOUT } from './conditions.js'
import type { Lane, LaneReceiver } from './lane.js'
import { tagOf } from './lock-token.js'
import type { MessageLock } from './locks.js'
import type { ServiceBusQueue } from './queue.js'
import type { MessageSession, SessionHolder } from './sessions.js'
import { settle } from './settlement.js'

/** A message that its receiver has to settle. */
class LockedDelivery extends OutgoingDelivery {
  private readonly queue: ServiceBusQueue
  private readonly lock: MessageLock

  constructor(queue: ServiceBusQueue, lock: MessageLock) {
    super(false, tagOf(lock.token))
    this.queue = queue
    this.lock = lock
    this.messageFormat = lock.message.format
  }

  override answerTo(outcome: DeliveryState): DeliveryState {
    return settle(this.queue, this.lock, outcome)
  }

  /** What was answered for already is settled, and another time does nothing. */
  onSettled(outcome: DeliveryState | undefined): void {
    settle(this.queue, this.lock, outcome)
  }

  onLost(_reason: AMQPError, inDoubt: boolean): void {
    if (!inDoubt) this.queue.release(this.lock)
  }
}

/** A message that is gone from the queue as soon as it is sent. */
class TakenDelivery extends OutgoingDelivery {
  private readonly queue: ServiceBusQueue
  private readonly message: BrokeredMessage

  constructor(queue: ServiceBusQueue, message: BrokeredMessage) {
    super(true, undefined)
    this.queue = queue
    this.message = message
    this.messageFormat = message.format
  }

  onSettled(): void {
    this.queue.remove(this.message)
  }

  onLost(_reason: AMQPError, inDoubt: boolean): void {
    if (inDoubt) this.queue.remove(this.message)
    else this.queue.putBack(this.message)
  }
}

/** What a receiver's end of a link needs of whoever attaches it. */
export interface ReceiverHost {
  /** Answers the attach; the session is the one that the receiver has. */
  open(session: MessageSession | undefined): void
  /** The link has ended. */
  onGone(): void
}

export class ServiceBusReceiver implements SenderLinkListener, LaneReceiver, QueueLink, SessionHolder {
  inRound = false
  private readonly link: SenderLink
  private readonly queue: ServiceBusQueue
  private readonly host: ReceiverHost
  private readonly credit: GivenCredit
  private lane: Lane | undefined = undefined
  private session: MessageSession | undefined = undefined

  constructor(link: SenderLink, queue: ServiceBusQueue, host: ReceiverHost) {
    this.link = link
    this.queue = queue
    this.host = host
    this.credit = new GivenCredit(link)
    queue.attach(this)
    queue.consumers++
  }

  // --- how it comes to its messages

  /** It takes from the queue, which has no sessions. */
  begin(): void {
    this.lane = this.queue.lane
    this.host.open(undefined)
  }

  onSession(session: MessageSession): void {
    this.session = session
    this.lane = session.lane
    this.host.open(session)
  }

  onSessionLost(session: MessageSession): void {
    this.session = undefined
    this.detach(SESSION_LOCK_LOST, `the lock on session "${session.id}" has expired`)
  }

  onNoSession(): void {
    this.link.refuse(TIMEOUT, 'no session became free in time')
  }

  // --- what the lane asks

  get ready(): boolean {
    return this.credit.left
  }

  give(message: BrokeredMessage): void {
    const { queue, link } = this
    const lock = link.sndSettleMode === SND_SETTLED ? undefined : queue.lock(message)
    message.stamp(lock && queue.lockedUntil(lock))
    if (lock === undefined) queue.take(message)
    const delivery = lock === undefined ? new TakenDelivery(queue, message) : new LockedDelivery(queue, lock)
    if (this.credit.send(delivery, message)) {
      message.acquired = true
      return
    }
    if (lock === undefined) queue.putBack(message)
    else queue.release(lock)
    this.detach('amqp:link:message-size-exceeded', 'the next message is larger than the receiver allows')
  }

  onQueueDeleted(name: string): void {
    this.detach('amqp:resource-deleted', `queue "${name}" was deleted`)
  }

  private detach(condition: string, description: string): void {
    this.link.detach(true, { kind: 'error', condition, description })
  }

  // --- what the link says

  onAttach(): void {}

  onCredit(): void {
    this.lane?.serve(this)
  }

  onEnd(): void {
    const { queue, session } = this
    queue.detach(this)
    queue.consumers--
    this.lane?.leave(this)
    queue.sessions?.stopWaiting(this)
    this.session = undefined
    if (session !== undefined) queue.sessions?.release(session)
    this.host.onGone()
  }
}
