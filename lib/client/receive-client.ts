// Receives messages from one node: one at a time, in batches, in a loop, or by a handler.

import { MessageReceiverState, ReceiverSettleMode } from '../constants.js'
import type { Connection } from '../connection/connection.js'
import type { MessageReceiver } from '../connection/message-receiver.js'
import { DEFAULT_PREFETCH } from '../connection/session.js'
import type { Message } from '../message/message.js'
import { Source } from '../message/terminus.js'
import type { URLLike } from '../transport/address.js'
import type { WaitOptions } from '../util/deferred.js'
import { boolean, callback, checkOptions, integer, oneOf, WAIT_OPTIONS } from '../util/options.js'
import { AMQPClient, type AMQPClientOptions, CLIENT_CHECKS } from './amqp-client.js'
import { HandlerLoop, type MessageHandler } from './handler-loop.js'

export interface ReceiveClientOptions extends AMQPClientOptions {
  /** Default: PeekLock, where the broker keeps a message until it is settled. */
  readonly receiveSettleMode?: ReceiverSettleMode | undefined
  /**
   * accept() and its kin wait for the broker's confirmation (rcv-settle-mode second) and reject when it says
   * otherwise. Not every broker can do that. Default: false.
   */
  readonly confirmSettlement?: boolean | undefined
  /** Messages that may come before they are asked for. Default: 300; 0: on demand. */
  readonly prefetch?: number | undefined
  /**
   * Accept each message once its handler has returned or the next one is asked for. Default: true for
   * `receiveMessages` with a handler, false otherwise.
   */
  readonly autoComplete?: boolean | undefined
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

const CHECKS = {
  ...CLIENT_CHECKS,
  receiveSettleMode: oneOf(...Object.values(ReceiverSettleMode)),
  confirmSettlement: boolean,
  prefetch: integer(0, 0x7fffffff),
  autoComplete: boolean,
}

export class ReceiveClient extends AMQPClient<MessageReceiver> {
  private readonly from: string | URLLike | Source
  private readonly settings: ReceiveClientOptions
  /** Handed out last, and to be accepted when the next is asked for. */
  private last: Message | undefined = undefined

  /**
   * @param source URL such as `amqps://user:password@host/queue`, or a Source whose address is one; with the option
   * `connection` a bare address will do.
   */
  constructor(source: string | URLLike | Source, options: ReceiveClientOptions = {}) {
    checkOptions('ReceiveClient', options, CHECKS)
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

  protected override attach(connection: Connection, wait: WaitOptions): Promise<MessageReceiver> {
    const { from, address, settings } = this
    const fields = from instanceof Source ? from : undefined
    const atMostOnce = settings.receiveSettleMode === ReceiverSettleMode.ReceiveAndDelete
    return connection.createReceiver(new Source({ ...fields, address }), {
      name: settings.linkName,
      properties: settings.linkProperties,
      desiredCapabilities: settings.desiredCapabilities,
      sndSettleMode: atMostOnce ? 'settled' : 'unsettled',
      rcvSettleMode: settings.confirmSettlement === true && !atMostOnce ? 'second' : 'first',
      prefetch: settings.prefetch ?? DEFAULT_PREFETCH,
      maxMessageSize: settings.maxMessageSize,
      signal: wait.signal,
      timeoutMs: wait.timeoutMs,
    })
  }

  /**
   * The next message; undefined when none came within `timeoutMs` (default: no limit), or the client was closed.
   * Rejects when the link was lost, or with the reason of the signal; whatever `open` rejects with.
   */
  async receive(options: WaitOptions = {}): Promise<Message | undefined> {
    checkOptions('receive', options, WAIT_OPTIONS)
    const link = this.link?.isOpen === true ? this.link : await this.reopened(options)
    if (link === undefined) return undefined
    this.completeLast()
    const message = await link.receive(options)
    this.last = this.autoComplete ? message : undefined
    return message
  }

  /** Messages that came settled can still be read from a link that has ended; else the link is opened again. */
  private async reopened(wait: WaitOptions): Promise<MessageReceiver> {
    if (this.link !== undefined && this.link.queued > 0) return this.link
    return this.opened({ signal: wait.signal, timeoutMs: wait.timeoutMs })
  }

  private completeLast(): void {
    const { last } = this
    this.last = undefined
    if (last !== undefined && !last.settled) last.accept().catch(ignore)
  }

  /**
   * Waits for a first message, and gives it with those that have come by then, `maxBatchSize` at most; none when
   * `timeoutMs` (default: no limit) passed. With `autoComplete` the messages are accepted. Rejects as `receive`.
   */
  async receiveMessageBatch(options: ReceiveBatchOptions = {}): Promise<Message[]> {
    checkOptions('receiveMessageBatch', options, { ...WAIT_OPTIONS, maxBatchSize: integer(1) })
    const link = await this.reopened(options)
    this.completeLast()
    const messages = await link.receiveBatch(options)
    if (this.autoComplete) await Promise.all(messages.filter((m) => !m.settled).map((m) => m.accept()))
    return messages
  }

  /**
   * Calls the handler with each message as it comes, until the client is closed, the link is lost or the signal
   * aborts. A message is accepted once its handler is done (see `autoComplete`), and given back as a failed delivery
   * when it throws. Resolves when the client was closed; rejects with what else ended it.
   */
  async receiveMessages(handler: MessageHandler, options: ReceiveMessagesOptions = {}): Promise<void> {
    callback(handler, 'receiveMessages: handler')
    const { signal, onError, concurrency = 1 } = options
    checkOptions('receiveMessages', options, {
      signal: WAIT_OPTIONS['signal'] as never,
      concurrency: integer(1, 100_000),
      onError: callback,
    })
    const link = await this.opened({ signal })
    const autoComplete = this.settings.autoComplete ?? true
    await new HandlerLoop(link, handler, { autoComplete, onError, signal }).run(concurrency)
  }

  /** Messages as they come, until the client is closed. Leaving the loop releases what was prefetched. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, void> {
    const link = await this.opened({})
    for await (const message of link) {
      yield message
      if (this.autoComplete && !message.settled) await message.accept()
    }
  }

  /** Asks the broker to send what it has for the credit there is, and to take back the rest [2.6.7]. */
  async drain(options: WaitOptions = {}): Promise<void> {
    const link = await this.opened(options)
    await link.drain(options)
  }
}

function ignore(): void {}
