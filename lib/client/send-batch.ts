// The sends that one call of `sendBatch` comes to, and what is told when some of them fail.
// Invariant: every send is settled before the call is.

import { MessageState } from '../constants.js'
import { AMQPError, AMQPTimeoutError, MessageSendFailed } from '../errors.js'
import type { InnerMessage } from '../message/inner-message.js'
import type { Message } from '../message/message.js'
import type { Packed } from '../message/pack-messages.js'
import type { AbortSignalLike } from '../util/deferred.js'

/** First and last index of neighbours, both included. */
type IndexRange = readonly [first: number, last: number]

interface Failure {
  readonly packed: Packed
  readonly error: unknown
}

/** Sends messages as they are packed, and rejects when one send has failed. */
export async function sendPacked(
  messages: readonly InnerMessage[],
  packed: readonly Packed[],
  signal: AbortSignalLike | undefined,
  deliver: (message: Message) => Promise<void>,
): Promise<void> {
  setStates(messages, MessageState.WaitingForSendAck)
  const results = await Promise.allSettled(packed.map(({ message }) => deliver(message)))
  const accepted: Packed[] = []
  const failures: Failure[] = []
  for (const [i, result] of results.entries()) {
    const one = packed[i] as Packed
    setStates(messages.slice(one.first, one.last + 1), one.message.state)
    if (result.status === 'fulfilled') accepted.push(one)
    else failures.push({ packed: one, error: result.reason as unknown })
  }
  if (failures.length > 0) throw failureOf(failures, accepted, signal)
}

export function setStates(messages: readonly InnerMessage[], state: MessageState): void {
  for (const { message } of messages) message.setState(state)
}

/** What all failures together are, in the words of the first of them. */
function failureOf(
  failures: readonly Failure[],
  accepted: readonly Packed[],
  signal: AbortSignalLike | undefined,
): unknown {
  if (signal?.aborted === true && failures.some(({ error }) => error === signal.reason)) return signal.reason
  const errors = failures.map(({ error }) => error)
  const cause = errors[0]
  if (!(cause instanceof AMQPError)) return cause
  const failed = rangesOf(failures.map(({ packed }) => packed))
  const sent = rangesOf(accepted)
  const rest = sent.length === 0 ? 'none was accepted' : `${inWords(sent)} were accepted`
  const text = `Of the messages, ${inWords(failed)} failed, ${rest}. ${cause.message}`
  const details = {
    condition: cause.condition,
    description: cause.description,
    info: { failed, accepted: sent },
    inDoubt: errors.some((error) => error instanceof AMQPError && error.inDoubt),
    retryable: sent.length === 0 && errors.every((error) => error instanceof AMQPError && error.retryable),
    context: cause.context,
    cause,
  }
  const late = errors.every((error) => error instanceof AMQPTimeoutError)
  if (late)
    return new AMQPTimeoutError(text, { ...details, timeoutMs: (cause as AMQPTimeoutError).timeoutMs })
  const outcome = cause instanceof MessageSendFailed ? cause.outcome : undefined
  return new MessageSendFailed(text, { ...details, outcome })
}

/** Neighbours joined. */
function rangesOf(packed: readonly Packed[]): IndexRange[] {
  const ranges: IndexRange[] = []
  for (const { first, last } of packed) {
    const before = ranges.at(-1)
    if (before !== undefined && before[1] + 1 === first) ranges[ranges.length - 1] = [before[0], last]
    else ranges.push([first, last])
  }
  return ranges
}

function inWords(ranges: readonly IndexRange[]): string {
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`)).join(', ')
}
