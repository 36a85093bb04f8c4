// Receives messages from one node: one at a time, in batches, in a loop, or by a handler.

import type { Connection } from '../connection/connection.js'
import type { MessageReceiver } from '../connection/message-receiver.js'
import { DEFAULT_PREFETCH } from '../connection/session.js'
import { Deadline, settledWithin } from '../connection/waits.js'
import { type MessageReceiverState, ReceiverSettleMode } from '../constants.js'
import { AMQPError } from '../errors.js'
import type { Message } from '../message/message.js'
import { Source } from '../message/terminus.js'
import type { URLLike } from '../transport/address.js'
import type { WaitOptions } from '../util/deferred.js'
import { boolean, callback, checkOptions, integer, oneOf, WAIT_OPTIONS } from '../util/options.js'
import { AMQPClient } from './amqp-client.js'
import { type AMQPClientOptions, CLIENT_CHECKS, checkClientOptions } from './client-options.js'
import { HandlerLoop, type MessageHandler } from './handler-loop.js'

export interface ReceiveClientOptions extends AMQPClientOptions {
  /** Default: PeekLock, where the broker keeps a message until it is settled. */
  readonly receiveSettleMode?: ReceiverSettleMode | undefined
  /**
   * accept() and its kin wait for the broker's confirmation (rcv-settle-mode second) and reject when it says
   * otherwise. Not every broker can do that; opening rejects where it cannot. Default: false.
   */
  readonly confirmSettlement?: boolean | undefined
  /** Messages that may come before they are asked for. Default: 300; 0: on demand. */
  readonly prefetch?: number | undefined
  /**
   * Accept each message once its handler has returned or the next one is asked for. Default: true for
   * `receiveMessages` with a handler, false otherwise.
   */
  readonly autoComplete?: boolean | undefined
  /** Told of each link that is attached, the first and those that follow it. What it throws, `open` rejects with. */
  readonly onAttach?: ((link: MessageReceiver) => void) | undefined
}

/** Options of `receiveMessageBatch`. */
export interface ReceiveBatchOptions extends WaitOptions {
  /** Default: the prefetch, or 1 on demand. */
  readonly maxBatchSize?: number | undefined
}

/** Options of `receiveMessages`. */
export interface ReceiveMessagesOptions {
  /** Handlers that may run at a time. Default: 1. */
  readonly concurrency?: number | undefined
  /** Stops: running handlers are waited for, what was prefetched is released, the promise rejects with the reason. */
  readonly signal?: WaitOptions['signal']
  /** Told when a handler fails; receiving then goes on. Default: the first failure ends it. */
  readonly onError?: ((error: unknown, message: Message) => void) | undefined
}

export const RECEIVE_CLIENT_CHECKS = {
  ...CLIENT_CHECKS,
  receiveSettleMode: oneOf(...Object.values(ReceiverSettleMode)),
  confirmSettlement: boolean,
  prefetch: integer(0, 0x7fffffff),
  autoComplete: boolean,
}

export class ReceiveClient extends AMQPClient<MessageReceiver> {
  private readonly from: string | URLLike | Source
  private readonly settings: ReceiveClientOptions
  /** Handed out, and to be accepted when the next is asked for. */
  private handedOut: Message[] = []
  /** Loops of `receiveMessages`, each with the promise of its end. */
  private readonly loops: Map<HandlerLoop, Promise<void>> = new Map()

  /**
   * @param source URL such as `amqps://user:password@host/queue`, or a Source whose address is one; with the option
   * `connection` a bare address will do.
   */
  constructor(source: string | URLLike | Source, options: ReceiveClientOptions = {}) {
    checkClientOptions('ReceiveClient', options, RECEIVE_CLIENT_CHECKS)
    super(source, options)
    this.from = source
    this.settings = options
  }

  override get state(): MessageReceiverState {
    return super.state
  }

  private get autoComplete(): boolean {
    return this.settings.autoComplete ?? false
  }

  protected override onAttach(link: MessageReceiver): void {
    this.settings.onAttach?.(link)
  }

  protected override async attach(connection: Connection, wait: WaitOptions): Promise<MessageReceiver> {
    const { from, wireAddress: address, settings } = this
    const fields = from instanceof Source ? from : undefined
    const atMostOnce = settings.receiveSettleMode === ReceiverSettleMode.ReceiveAndDelete
    const confirming = settings.confirmSettlement === true && !atMostOnce
    const link = await connection.createReceiver(new Source({ ...fields, address }), {
      name: settings.linkName,
      properties: settings.linkProperties,
      desiredCapabilities: settings.desiredCapabilities,
      sndSettleMode: atMostOnce ? 'settled' : 'unsettled',
      rcvSettleMode: confirming ? 'second' : 'first',
      prefetch: settings.prefetch ?? DEFAULT_PREFETCH,
      maxMessageSize: settings.maxMessageSize,
      signal: wait.signal,
      timeoutMs: wait.timeoutMs,
    })
    if (!confirming || link.rcvSettleMode === 'second') return link
    await link.close(wait).catch(ignore)
    throw new AMQPError(
      `${address} does not confirm settlement: it answers rcv-settle-mode second with first`,
      {
        code: 'AMQP_NOT_CONFIRMING',
        condition: 'amqp:not-implemented',
        context: { address, operation: 'opening a receiver' },
      },
    )
  }

  /**
   * The next message; undefined when none came within `timeoutMs` (default: no limit), or the client was closed.
   * Rejects when the link was lost, or with the reason of the signal; whatever `open` rejects with.
   */
  async receive(options: WaitOptions = {}): Promise<Message | undefined> {
    checkOptions('receive', options, WAIT_OPTIONS)
    const { openLink } = this
    this.completeHandedOut()
    const message =
      openLink === undefined || this.persistent
        ? await this.overLink(new Deadline(this.clock, options), (link, wait) => link.receive(wait))
        : await openLink.receive(options)
    if (message !== undefined && this.autoComplete) this.handedOut.push(message)
    return message
  }

  /** Messages that came settled can still be read from a link that has ended; else the link is opened again. */
  protected override usable(wait: WaitOptions): MessageReceiver | Promise<MessageReceiver> {
    const { link } = this
    return link !== undefined && link.queued > 0 ? link : this.opened(wait)
  }

  private completeHandedOut(): void {
    if (this.handedOut.length === 0) return
    for (const message of this.handedOut.splice(0)) if (!message.settled) message.accept().catch(ignore)
  }

  /**
   * Waits for a first message, and gives it with those that have come by then, `maxBatchSize` at most; none when
   * `timeoutMs` (default: no limit) passed. With `autoComplete` the messages are accepted; `settled` tells of each
   * whether it is. Rejects as `receive`.
   */
  async receiveMessageBatch(options: ReceiveBatchOptions = {}): Promise<Message[]> {
    checkOptions('receiveMessageBatch', options, { ...WAIT_OPTIONS, maxBatchSize: integer(1) })
    const { maxBatchSize } = options
    const deadline = new Deadline(this.clock, options)
    const messages = await this.overLink(deadline, (link, wait) => {
      this.completeHandedOut()
      return link.receiveBatch({ ...wait, maxBatchSize })
    })
    // What was accepted must be handed over, even if another message could not be.
    if (this.autoComplete) {
      const { wait } = deadline
      await Promise.allSettled(messages.filter((m) => !m.settled).map((m) => m.accept(wait)))
    }
    return messages
  }

  /**
   * Calls the handler with each message as it comes, until the client is closed, the link is lost or the signal
   * aborts. A message is accepted once its handler is done (see `autoComplete`), and given back as a failed delivery
   * when it throws. Resolves when the client was closed; rejects with what else ended it. `close` waits for handlers
   * that are running: one that awaits it makes it wait for its whole bound.
   */
  async receiveMessages(handler: MessageHandler, options: ReceiveMessagesOptions = {}): Promise<void> {
    callback(handler, 'receiveMessages: handler')
    checkOptions('receiveMessages', options, {
      signal: WAIT_OPTIONS['signal'] as never,
      concurrency: integer(1, 100_000),
      onError: callback,
    })
    const deadline = new Deadline(this.clock, { signal: options.signal })
    await this.overLink(deadline, (link) => this.handleFrom(link, handler, options))
  }

  private async handleFrom(
    link: MessageReceiver,
    handler: MessageHandler,
    { signal, onError, concurrency = 1 }: ReceiveMessagesOptions,
  ): Promise<void> {
    const autoComplete = this.settings.autoComplete ?? true
    const loop = new HandlerLoop(link, handler, { autoComplete, onError, signal })
    const run = loop.run(concurrency)
    this.loops.set(loop, run)
    try {
      await run
    } finally {
      this.loops.delete(loop)
    }
  }

  /** Closing waits for running handlers, within its bound. */
  protected override async finishWork(wait: WaitOptions): Promise<void> {
    for (const loop of this.loops.keys()) loop.end()
    await settledWithin(Promise.allSettled(this.loops.values()), wait, this.clock)
  }

  /** Messages as they come, until the client is closed. Leaving the loop releases what was prefetched. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, void> {
    for (let redirected = true; redirected; ) {
      const link = await this.usable({})
      try {
        for await (const message of link) {
          yield message
          if (this.autoComplete && !message.settled) await message.accept()
        }
        return
      } catch (error) {
        redirected = this.follow(error)
        if (!redirected) throw error
      }
    }
  }

  /** Asks the broker to send what it has for the credit there is, and to take back the rest [2.6.7]. */
  async drain(options: WaitOptions = {}): Promise<void> {
    checkOptions('drain', options, WAIT_OPTIONS)
    const deadline = new Deadline(this.clock, options)
    const link = await this.opened(deadline.wait)
    await link.drain(deadline.wait)
  }
}

function ignore(): void {}
