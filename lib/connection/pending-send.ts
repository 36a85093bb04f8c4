// One message on its way, with the promise that tells what became of it. It is the engine's delivery itself,
// so that a message in flight is one object.

import { MessageState } from '../constants.js'
import { OutgoingDelivery } from '../engine/delivery.js'
import type { SenderLink } from '../engine/sender-link.js'
import { type AMQPError, AMQPTimeoutError, MessageSendFailed } from '../errors.js'
import type { Message } from '../message/message.js'
import { ACCEPTED, type DeliveryState } from '../types/messaging.js'
import type { AbortSignalLike } from '../util/deferred.js'
import type { TimeoutEntry, Timeouts } from '../util/timeouts.js'
import {
  type DeliveryOutcome,
  isAcceptance,
  messageTo,
  outcomeError,
  SETTLED,
  type SendPlace,
} from './outcome.js'
import type { SendListEntry } from './send-list.js'

/** Told when a message of its has met its fate. */
export interface SendOwner {
  onSendDone(send: PendingSend): void
}

export class PendingSend extends OutgoingDelivery implements TimeoutEntry, SendListEntry<PendingSend> {
  deadlineMs = 0
  previous: TimeoutEntry | undefined = undefined
  next: TimeoutEntry | undefined = undefined
  older: PendingSend | undefined = undefined
  newer: PendingSend | undefined = undefined
  private readonly owner: SendOwner
  private readonly message: Message
  /** Anything but acceptance is an error to whoever waits. */
  private readonly strict: boolean
  private readonly resolve: (outcome: DeliveryOutcome) => void
  private readonly reject: (reason: unknown) => void
  private timeouts: Timeouts | undefined = undefined
  private limitMs = 0
  private signal: AbortSignalLike | undefined = undefined
  private onAbort: (() => void) | undefined = undefined
  private sender: SenderLink | undefined = undefined

  constructor(
    owner: SendOwner,
    message: Message,
    settled: boolean,
    tag: Uint8Array | undefined,
    strict: boolean,
    resolve: (outcome: DeliveryOutcome) => void,
    reject: (reason: unknown) => void,
  ) {
    super(settled, tag)
    this.owner = owner
    this.message = message
    this.messageFormat = message.messageFormat
    this.strict = strict
    this.resolve = resolve
    this.reject = reject
  }

  /** Ends the wait after `limitMs`, when there is such a limit, or when the signal aborts. */
  limit(
    sender: SenderLink,
    timeouts: Timeouts,
    limitMs: number | undefined,
    signal: AbortSignalLike | undefined,
  ): void {
    this.sender = sender
    if (limitMs !== undefined && limitMs !== Number.POSITIVE_INFINITY) {
      this.timeouts = timeouts
      this.limitMs = limitMs
      timeouts.add(this, limitMs)
    }
    if (signal !== undefined) {
      this.signal = signal
      this.onAbort = () => this.aborted()
      signal.addEventListener('abort', this.onAbort)
    }
  }

  /** Nothing of it was sent, as the error says. */
  refused(error: unknown): void {
    this.free()
    this.fail(error)
  }

  private fail(reason: unknown): void {
    this.message.setState(MessageState.SendFailed)
    this.reject(reason)
  }

  private free(): void {
    this.owner.onSendDone(this)
    if (this.timeouts === undefined && this.signal === undefined) return
    this.timeouts?.remove(this, this.limitMs)
    if (this.onAbort !== undefined) this.signal?.removeEventListener('abort', this.onAbort)
    this.timeouts = undefined
    this.signal = undefined
  }

  override onSettled(state: DeliveryState | undefined): void {
    this.free()
    const outcome = state ?? SETTLED
    // What went out settled has all that it asked for.
    const failed = outcome !== ACCEPTED && !this.settled && !isAcceptance(outcome)
    this.message.setState(failed ? MessageState.SendFailed : MessageState.SendComplete)
    if (failed && this.strict) this.reject(outcomeError(outcome, this.place()))
    else this.resolve(outcome)
  }

  override onLost(reason: AMQPError, inDoubt: boolean): void {
    this.free()
    this.fail(lostError(reason, inDoubt, this.place()))
  }

  /** The sender is closed, and the peer does not answer. */
  giveUp(sender: SenderLink, reason: AMQPError): void {
    const inDoubt = !sender.cancel(this)
    this.onLost(reason, inDoubt)
  }

  onTimeout(limitMs: number): void {
    this.free()
    const inDoubt = this.sender?.cancel(this) === false
    const place = this.place()
    const text = `Sending to "${place.address}" was not confirmed within ${limitMs} ms: ${fate(inDoubt)}`
    this.fail(
      new AMQPTimeoutError(text, {
        timeoutMs: limitMs,
        inDoubt,
        retryable: !inDoubt,
        context: { operation: 'sending a message', ...place },
      }),
    )
  }

  private aborted(): void {
    const reason = this.signal?.reason
    this.free()
    this.sender?.cancel(this)
    this.fail(reason)
  }

  private place(): SendPlace {
    return { linkName: this.link?.name ?? '', address: this.link?.address ?? '' }
  }
}

function fate(inDoubt: boolean): string {
  return inDoubt ? 'it is in doubt, the peer may have it' : 'it was not sent'
}

function lostError(reason: AMQPError, inDoubt: boolean, place: SendPlace): MessageSendFailed {
  return new MessageSendFailed(
    `${messageTo(place)} was lost on the way: ${fate(inDoubt)}. ${reason.message}`,
    {
      condition: reason.condition,
      description: reason.description,
      info: reason.info,
      inDoubt,
      retryable: !inDoubt && reason.retryable,
      context: { operation: 'sending a message', ...place },
      cause: reason,
    },
  )
}
