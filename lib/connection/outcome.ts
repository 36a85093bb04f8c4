// What became of a message that was sent, in the user's words, and the errors for what did not go well.

import { describeError, isRetryableCondition } from '../engine/reasons.js'
import { MessageSendFailed, type OutcomeName } from '../errors.js'
import type { DeliveryState } from '../types/messaging.js'

/** Sent settled: the peer says nothing about it. */
export interface Settled {
  readonly kind: 'settled'
}

/** The peer's outcome of a message [3.4], or `settled` when none was asked for. */
export type DeliveryOutcome = DeliveryState | Settled

export const SETTLED: Settled = Object.freeze({ kind: 'settled' })

/** Where a message was going, for errors. */
export interface SendPlace {
  readonly linkName: string
  readonly address: string
}

const EXPLANATIONS: Readonly<Record<OutcomeName, string>> = {
  rejected: 'the peer found it invalid; sending it again unchanged will not help',
  released: 'the peer did not process it (no queue for it, or none free); it may be sent again',
  modified: 'the peer did not process it; it may be sent again',
}

/** Not what the sender hoped for. */
export function isFailure(outcome: DeliveryOutcome): boolean {
  return outcome.kind === 'rejected' || outcome.kind === 'released' || outcome.kind === 'modified'
}

/** The error for an outcome that is not acceptance; undefined for acceptance. */
export function outcomeError(outcome: DeliveryOutcome, place: SendPlace): MessageSendFailed | undefined {
  const { kind } = outcome
  if (kind !== 'rejected' && kind !== 'released' && kind !== 'modified') return undefined
  const error = kind === 'rejected' ? outcome.error : undefined
  const said = error === undefined ? '' : `: ${describeError(error)}`
  const text = `The message to "${place.address}" was ${kind}${said} (${EXPLANATIONS[kind]})`
  return new MessageSendFailed(text, {
    outcome: kind,
    condition: error?.condition,
    description: error?.description,
    info: error?.info,
    retryable: kind !== 'rejected' || (error !== undefined && isRetryableCondition(error.condition)),
    context: { operation: 'sending a message', ...place },
  })
}
