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

/** What the sender hoped for: acceptance, also within a transaction. */
export function isAcceptance(outcome: DeliveryOutcome): boolean {
  if (outcome.kind !== 'transactional-state') return outcome.kind === 'accepted'
  return outcome.outcome !== undefined && 'kind' in outcome.outcome && outcome.outcome.kind === 'accepted'
}

/** How a message is named in errors; the anonymous terminus has no address [3.5.4]. */
export function messageTo({ address }: SendPlace): string {
  return address === '' ? 'The message to the anonymous terminus' : `The message to "${address}"`
}

/** The error for an outcome that is not acceptance. */
export function outcomeError(outcome: DeliveryOutcome, place: SendPlace): MessageSendFailed {
  if (outcome.kind === 'transactional-state' && outcome.outcome !== undefined && 'kind' in outcome.outcome) {
    return outcomeError(outcome.outcome, place)
  }
  const { kind } = outcome
  if (kind !== 'rejected' && kind !== 'released' && kind !== 'modified') return unclear(kind, place)
  const error = kind === 'rejected' ? outcome.error : undefined
  const said = error === undefined ? '' : `: ${describeError(error)}`
  const text = `${messageTo(place)} was ${kind}${said} (${EXPLANATIONS[kind]})`
  return new MessageSendFailed(text, {
    outcome: kind,
    condition: error?.condition,
    description: error?.description,
    info: error?.info,
    retryable: kind !== 'rejected' || (error !== undefined && isRetryableCondition(error.condition)),
    context: { operation: 'sending a message', ...place },
  })
}

/** The peer settled the message, and left open what became of it. */
function unclear(kind: string, place: SendPlace): MessageSendFailed {
  const said = kind === 'settled' ? 'without an outcome' : `with no more than the state ${kind}`
  const text = `${messageTo(place)} was settled by the peer ${said}: it is in doubt`
  return new MessageSendFailed(text, { inDoubt: true, context: { operation: 'sending a message', ...place } })
}
