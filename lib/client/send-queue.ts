// Messages that were put aside, and what is told of each when they are sent.
// Invariant: a message is waiting, in flight, or out of here.

import { MessageSendResult, MessageState } from '../constants.js'
import { AMQPTimeoutError } from '../errors.js'
import type { Message } from '../message/message.js'
import type { AbortSignalLike } from '../util/deferred.js'

/** Told once of each message; `error` says why the result is not Ok. */
export type OnSendComplete = (message: Message, result: MessageSendResult, error: unknown) => void

export class SendQueue {
  private readonly waiting: Message[] = []
  private readonly inFlight = new Set<Message>()

  add(message: Message): void {
    message.setState(MessageState.WaitingToBeSent)
    this.waiting.push(message)
  }

  /** Those in flight first. */
  get pending(): readonly Message[] {
    return [...this.inFlight, ...this.waiting]
  }

  /**
   * Sends what waits, and resolves when the fate of all is known, with their states in the order of the queue. Rejects with
   * what `onSendComplete` throws first, when all is done.
   */
  async send(
    deliver: (message: Message) => Promise<void>,
    signal: AbortSignalLike | undefined,
    onSendComplete: OnSendComplete | undefined,
  ): Promise<MessageState[]> {
    const batch = this.waiting.splice(0)
    const told = await Promise.allSettled(
      batch.map(async (message) => {
        const error = await this.sendOne(message, deliver)
        onSendComplete?.(message, resultOf(message, error, signal), error)
      }),
    )
    for (const one of told) if (one.status === 'rejected') throw one.reason
    return batch.map((message) => message.state)
  }

  /** Resolves with what went wrong, if anything did. */
  private async sendOne(message: Message, deliver: (message: Message) => Promise<void>): Promise<unknown> {
    this.inFlight.add(message)
    try {
      await deliver(message)
      return undefined
    } catch (error) {
      message.setState(MessageState.SendFailed)
      return error
    } finally {
      this.inFlight.delete(message)
    }
  }
}

function resultOf(message: Message, error: unknown, signal: AbortSignalLike | undefined): MessageSendResult {
  if (message.state === MessageState.SendComplete) return MessageSendResult.Ok
  if (signal?.aborted === true && error === signal.reason) return MessageSendResult.Cancelled
  return error instanceof AMQPTimeoutError ? MessageSendResult.Timeout : MessageSendResult.Error
}
