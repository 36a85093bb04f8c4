// Feeds messages to a handler, a few at a time, and settles each by how its handler ended.

import type { MessageReceiver } from '../connection/message-receiver.js'
import { knowsOutcome } from '../connection/settlement.js'
import { MessageAlreadySettled } from '../errors.js'
import type { Message } from '../message/message.js'
import { Abort } from '../util/abort.js'
import type { AbortSignalLike } from '../util/deferred.js'

export type MessageHandler = (message: Message) => void | Promise<void>

export interface HandlerLoopOptions {
  /** Accept a message once its handler is done. */
  readonly autoComplete: boolean
  readonly onError: ((error: unknown, message: Message) => void) | undefined
  readonly signal: AbortSignalLike | undefined
}

export class HandlerLoop {
  private readonly receiver: MessageReceiver
  private readonly handler: MessageHandler
  private readonly options: HandlerLoopOptions
  /** Stops all workers. */
  private readonly stop = new Abort()
  /** What the run ends with, unless it was ended in good order. */
  private failure: { readonly error: unknown } | undefined = undefined

  constructor(receiver: MessageReceiver, handler: MessageHandler, options: HandlerLoopOptions) {
    this.receiver = receiver
    this.handler = handler
    this.options = options
  }

  /** Runs `concurrency` workers until the first failure, the end of the link or the signal. */
  async run(concurrency: number): Promise<void> {
    const { signal } = this.options
    const onAbort = (): void => this.fail(signal?.reason)
    if (signal?.aborted === true) onAbort()
    signal?.addEventListener('abort', onAbort)
    await Promise.all(Array.from({ length: concurrency }, () => this.work()))
    signal?.removeEventListener('abort', onAbort)
    if (!this.stop.aborted) return
    await this.receiver.giveBack()
    if (this.failure !== undefined) throw this.failure.error
  }

  private fail(error: unknown): void {
    this.failure ??= { error }
    this.stop.abort(error)
  }

  /** Takes no more messages; the run resolves when the handlers that are running are done. */
  end(): void {
    this.stop.abort(undefined)
  }

  private async work(): Promise<void> {
    while (!this.stop.aborted) {
      let message: Message | undefined
      try {
        message = await this.receiver.receive({ signal: this.stop })
      } catch (error) {
        if (!this.stop.aborted) this.fail(error)
        return
      }
      if (message === undefined) return
      await this.handle(message)
    }
  }

  private async handle(message: Message): Promise<void> {
    try {
      await this.handler(message)
      if (this.options.autoComplete && !message.settled) await message.accept().catch(ignoreSettled)
    } catch (error) {
      if (!message.settled) await this.giveBack(message).catch(ignore)
      this.report(error, message)
    }
  }

  private report(error: unknown, message: Message): void {
    const { onError } = this.options
    if (onError === undefined) return this.fail(error)
    try {
      onError(error, message)
    } catch (thrown) {
      this.fail(thrown)
    }
  }

  /** As a failed delivery, where the broker can count those. */
  private giveBack(message: Message): Promise<void> {
    const counts = knowsOutcome(this.receiver, 'modified')
    return counts ? message.modify({ deliveryFailed: true }) : message.release()
  }
}

function ignore(): void {}

/** The handler has settled the message itself, and the peer has not confirmed it yet. */
function ignoreSettled(error: unknown): void {
  if (!(error instanceof MessageAlreadySettled)) throw error
}
