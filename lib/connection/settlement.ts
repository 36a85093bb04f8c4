// How a received message is settled [2.6.12]: at once where the receiver settles first, with the peer's word where it
// settles second. Implements what lib/message declares.

import type { IncomingDelivery } from '../engine/delivery.js'
import { describeError, isRetryableCondition } from '../engine/reasons.js'
import { AMQPError, AMQPTimeoutError } from '../errors.js'
import { alreadySettled, type Settlement } from '../message/settlement.js'
import { ACCEPTED, type DeliveryState } from '../types/messaging.js'
import { toHex } from '../util/bytes.js'
import type { Clock } from '../util/clock.js'
import type { WaitOptions } from '../util/deferred.js'
import { waitFor } from '../util/deferred.js'
import { checkOptions, WAIT_OPTIONS } from '../util/options.js'
import { sharedSignal } from './shared-signal.js'

/** A settlement that waits for the peer. */
export interface Confirmation {
  /** The link ended first. */
  lost(reason: AMQPError): void
}

/** What a settlement needs of its receiver. */
export interface SettlementOwner {
  readonly clock: Clock
  /** False once the link is ending: the broker gives out again what is not settled by then. */
  readonly isOpen: boolean
  readonly confirming: Set<Confirmation>
  /** Outcomes that the source knows [3.5.3], by their symbols; none: all of them. */
  readonly outcomes: readonly string[]
}

/** May a message be settled so? A broker that is told an outcome it does not know may end the whole session. */
export function knowsOutcome({ outcomes }: Pick<SettlementOwner, 'outcomes'>, kind: string): boolean {
  return outcomes.length === 0 || outcomes.includes(`amqp:${kind}:list`)
}

const DONE: Promise<void> = Promise.resolve()
const NO_OPTIONS: WaitOptions = Object.freeze({})

export class DeliverySettlement implements Settlement {
  private readonly delivery: IncomingDelivery
  private readonly owner: SettlementOwner
  told: DeliveryState['kind'] | undefined = undefined

  constructor(delivery: IncomingDelivery, owner: SettlementOwner) {
    this.delivery = delivery
    this.owner = owner
  }

  get deliveryTag(): Uint8Array {
    return this.delivery.tag
  }

  get address(): string {
    return this.delivery.link.address
  }

  get settled(): boolean {
    return this.delivery.settled
  }

  settle(state: DeliveryState, options?: WaitOptions): Promise<void> {
    const { delivery, owner } = this
    if (delivery.settled || this.told !== undefined) return Promise.reject(alreadySettled(this, state.kind))
    if (!owner.isOpen) return Promise.reject(this.tooLate())
    if (state !== ACCEPTED && !this.known(state.kind)) return Promise.reject(this.unknown(state.kind))
    return options === undefined ? this.tell(state, NO_OPTIONS) : this.tellWithin(state, options)
  }

  private async tellWithin(state: DeliveryState, options: WaitOptions): Promise<void> {
    checkOptions('settling', options, WAIT_OPTIONS)
    if (options.signal?.aborted === true) throw options.signal.reason
    await this.tell(state, options)
  }

  private tell(state: DeliveryState, options: WaitOptions): Promise<void> {
    const { delivery } = this
    if (!delivery.link.settlesFirst) return this.confirm(state, options)
    delivery.link.dispose(delivery, state, true)
    this.told = state.kind
    return DONE
  }

  /** rcv-settle-mode second: our outcome goes out unsettled, the sender settles, and may say something else [2.6.12]. */
  private confirm(state: DeliveryState, options: WaitOptions): Promise<void> {
    const { delivery, owner } = this
    return waitFor<void>(
      (done) => {
        const confirmation = { lost: (reason: AMQPError) => done.reject(this.unconfirmed(state, reason)) }
        const over = (): void => {
          owner.confirming.delete(confirmation)
        }
        delivery.link.dispose(delivery, state, false)
        this.told = state.kind
        owner.confirming.add(confirmation)
        delivery.onRemoteSettled = (answer) => {
          over()
          if (answer === undefined || confirms(answer, state)) done.resolve()
          else done.reject(this.refused(state, answer))
        }
        return over
      },
      { signal: sharedSignal(options.signal), timeoutMs: options.timeoutMs },
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

  private known(kind: DeliveryState['kind']): boolean {
    return kind === 'transactional-state' || knowsOutcome(this.owner, kind)
  }

  private unknown(outcome: string): AMQPError {
    const known = this.owner.outcomes.map((symbol) => symbol.replace(/^amqp:(.*):list$/, '$1')).join(', ')
    return new AMQPError(
      `A message from "${this.delivery.link.address}" cannot be ${outcome}: the broker knows ${known} only`,
      { code: 'AMQP_OUTCOME_UNKNOWN', condition: 'amqp:not-implemented', context: this.context },
    )
  }

  private tooLate(): AMQPError {
    const reason = this.delivery.link.endedError('settling a message')
    return new AMQPError(
      `The message from "${this.delivery.link.address}" can no longer be settled, the broker will give it out again: ${reason.message}`,
      { code: 'AMQP_SETTLEMENT_LOST', condition: reason.condition, context: this.context, cause: reason },
    )
  }

  private unconfirmed(asked: DeliveryState, reason: AMQPError): AMQPError {
    return new AMQPError(
      `The link from "${this.delivery.link.address}" ended before the peer had confirmed ${asked.kind}: it is in doubt. ${reason.message}`,
      {
        code: 'AMQP_SETTLEMENT_LOST',
        condition: reason.condition,
        inDoubt: true,
        context: this.context,
        cause: reason,
      },
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
    return new AMQPTimeoutError(
      `The peer did not confirm ${state.kind} within ${timeoutMs} ms: it is in doubt`,
      {
        timeoutMs,
        inDoubt: true,
        retryable: false,
        context: this.context,
      },
    )
  }
}

/**
 * Did the peer do as asked? Peers answer with our own outcome, or, whatever it was, with accepted, as Azure does; what is
 * rejected for a reason that is not ours was not done.
 */
function confirms(answer: DeliveryState, asked: DeliveryState): boolean {
  if (answer.kind === 'accepted') return true
  if (answer.kind !== asked.kind) return false
  if (answer.kind !== 'rejected' || asked.kind !== 'rejected') return true
  return answer.error === undefined || answer.error.condition === asked.error?.condition
}
