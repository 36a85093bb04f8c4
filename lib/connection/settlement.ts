// How a received message is settled [2.6.12]: at once where the receiver settles first, with the peer's word where it
// settles second. Implements what lib/message declares.

import { AMQPError, AMQPTimeoutError, MessageAlreadySettled } from '../errors.js'
import type { IncomingDelivery } from '../engine/delivery.js'
import { describeError, isRetryableCondition } from '../engine/reasons.js'
import type { Settlement } from '../message/settlement.js'
import type { DeliveryState } from '../types/messaging.js'
import { toHex } from '../util/bytes.js'
import type { Clock } from '../util/clock.js'
import type { Deferred, WaitOptions } from '../util/deferred.js'
import { waitFor } from '../util/deferred.js'

/** The receiver's list of settlements that wait for the peer. */
export interface SettlementOwner {
  readonly clock: Clock
  readonly confirming: Set<Deferred<void>>
}

const DONE: Promise<void> = Promise.resolve()

export class DeliverySettlement implements Settlement {
  private readonly delivery: IncomingDelivery
  private readonly owner: SettlementOwner
  private disposed = false

  constructor(delivery: IncomingDelivery, owner: SettlementOwner) {
    this.delivery = delivery
    this.owner = owner
  }

  get deliveryTag(): Uint8Array {
    return this.delivery.tag
  }

  get settled(): boolean {
    return this.delivery.settled
  }

  settle(state: DeliveryState, options: WaitOptions = {}): Promise<void> {
    const { delivery } = this
    if (delivery.settled || this.disposed) return Promise.reject(this.alreadySettled())
    if (delivery.link.ended) return Promise.reject(this.tooLate())
    this.disposed = true
    if (delivery.link.settlesFirst) {
      delivery.link.dispose(delivery, state, true)
      return DONE
    }
    return this.confirm(state, options)
  }

  /** rcv-settle-mode second: our outcome goes out unsettled, the sender settles, and may say something else [2.6.12]. */
  private confirm(state: DeliveryState, options: WaitOptions): Promise<void> {
    const { delivery, owner } = this
    return waitFor<void>(
      (done) => {
        owner.confirming.add(done)
        delivery.onRemoteSettled = (answer) => {
          owner.confirming.delete(done)
          if (answer === undefined || answer.kind === state.kind) done.resolve()
          else done.reject(this.refused(state, answer))
        }
        delivery.link.dispose(delivery, state, false)
        return () => {
          owner.confirming.delete(done)
        }
      },
      options,
      owner.clock,
      () => this.unanswered(state, options.timeoutMs ?? 0),
    )
  }

  private get context() {
    const { link, tag } = this.delivery
    return {
      operation: 'settling a message',
      linkName: link.name,
      address: link.address,
      deliveryTag: toHex(tag),
    }
  }

  private alreadySettled(): MessageAlreadySettled {
    return new MessageAlreadySettled(`The message from "${this.delivery.link.address}" is settled already`, {
      context: this.context,
    })
  }

  private tooLate(): AMQPError {
    const reason = this.delivery.link.endedError('settling a message')
    return new AMQPError(
      `The message from "${this.delivery.link.address}" can no longer be settled, the broker will give it out again: ${reason.message}`,
      { code: 'AMQP_SETTLEMENT_LOST', condition: reason.condition, context: this.context, cause: reason },
    )
  }

  private refused(asked: DeliveryState, answer: DeliveryState): AMQPError {
    const error = answer.kind === 'rejected' ? answer.error : undefined
    const said = error === undefined ? answer.kind : `${answer.kind}: ${describeError(error)}`
    return new AMQPError(`The peer did not settle the message as ${asked.kind}, but as ${said}`, {
      code: 'AMQP_SETTLEMENT_REFUSED',
      condition: error?.condition,
      description: error?.description,
      info: error?.info,
      retryable: error !== undefined && isRetryableCondition(error.condition),
      context: this.context,
    })
  }

  private unanswered(state: DeliveryState, timeoutMs: number): AMQPError {
    return new AMQPTimeoutError(`The peer did not confirm ${state.kind} within ${timeoutMs} ms: it is in doubt`, {
      timeoutMs,
      inDoubt: true,
      retryable: false,
      context: this.context,
    })
  }
}
