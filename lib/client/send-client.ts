// Sends messages to one node.

import type { Connection } from '../connection/connection.js'
import { type MessageSender, SEND_CHECKS, type SendOptions } from '../connection/message-sender.js'
import type { SndSettleMode } from '../connection/options.js'
import { Deadline } from '../connection/waits.js'
import { type MessageSenderState, MessageState, SenderSettleMode } from '../constants.js'
import { listedMessageOf, messageList } from '../message/inner-message.js'
import { Message, type MessageInput } from '../message/message.js'
import { type Packed, packMessages } from '../message/pack-messages.js'
import { Target } from '../message/terminus.js'
import type { URLLike } from '../transport/address.js'
import type { WaitOptions } from '../util/deferred.js'
import { boolean, callback, checkOptions, duration, oneOf, WAIT_OPTIONS } from '../util/options.js'
import { AMQPClient } from './amqp-client.js'
import { type AMQPClientOptions, CLIENT_CHECKS, checkClientOptions } from './client-options.js'
import type { Retries } from './retries.js'
import { sendPacked, setStates } from './send-batch.js'
import { type OnSendComplete, SendQueue } from './send-queue.js'

export interface SendClientOptions extends AMQPClientOptions {
  /** Default: Unsettled, where each send waits for the peer's outcome. */
  readonly sendSettleMode?: SenderSettleMode | undefined
  /** Give up a message that is not confirmed after so many milliseconds. Default: 0, never. */
  readonly msgTimeoutMs?: number | undefined
  /** Told of each link that is attached, the first and those that follow it, before it is used. What it throws, `open` rejects with. */
  readonly onAttach?: ((link: MessageSender) => void) | undefined
}

/** Options of `sendAllMessages`. */
export interface SendAllOptions extends WaitOptions {
  /** Close the client afterwards. Default: true. */
  readonly closeOnDone?: boolean | undefined
  /** Told once of each message, as soon as its fate is known; `error` says why the result is not Ok. */
  readonly onSendComplete?: OnSendComplete | undefined
}

/** Options of one `sendMessage`. */
export interface SendMessageOptions extends SendOptions {}

/** Options of one `sendBatch`. */
export interface SendBatchOptions extends WaitOptions {
  /** Send all settled: no outcome is awaited. Only where the link is `mixed`. Default: false. */
  readonly settled?: boolean | undefined
}

const SEND_ALL_CHECKS = { ...WAIT_OPTIONS, closeOnDone: boolean, onSendComplete: callback }

const SEND_BATCH_CHECKS = { ...WAIT_OPTIONS, settled: boolean }

const NO_OPTIONS: SendMessageOptions = Object.freeze({})

const CHECKS = {
  ...CLIENT_CHECKS,
  sendSettleMode: oneOf(...Object.values(SenderSettleMode)),
  msgTimeoutMs: duration,
}

const WIRE_MODES: Readonly<Record<SenderSettleMode, SndSettleMode>> = {
  [SenderSettleMode.Unsettled]: 'unsettled',
  [SenderSettleMode.Settled]: 'settled',
  [SenderSettleMode.Mixed]: 'mixed',
}

export class SendClient extends AMQPClient<MessageSender> {
  private readonly target: string | URLLike | Target
  private readonly mode: SenderSettleMode
  private readonly defaults: SendOptions | undefined
  private readonly attached: SendClientOptions['onAttach']
  private readonly queue = new SendQueue()

  /**
   * @param target URL such as `amqps://user:password@host/queue`, or a Target whose address is one; with the option
   * `connection` a bare address will do. Without a path messages go where each says in its `to` (the anonymous terminus).
   */
  constructor(target: string | URLLike | Target, options: SendClientOptions = {}) {
    checkClientOptions('SendClient', options, CHECKS)
    super(target, options)
    this.target = target
    this.mode = options.sendSettleMode ?? SenderSettleMode.Unsettled
    this.attached = options.onAttach
    const { msgTimeoutMs = 0 } = options
    this.defaults = msgTimeoutMs > 0 ? { timeoutMs: msgTimeoutMs } : undefined
  }

  override get state(): MessageSenderState {
    return super.state
  }

  protected override attach(connection: Connection, wait: WaitOptions): Promise<MessageSender> {
    const { target, wireAddress: address, options } = this
    const fields = target instanceof Target ? target : undefined
    return connection.createSender(new Target({ ...fields, address }), {
      name: options.linkName,
      properties: options.linkProperties,
      desiredCapabilities: options.desiredCapabilities,
      sndSettleMode: WIRE_MODES[this.mode],
      signal: wait.signal,
      timeoutMs: wait.timeoutMs,
    })
  }

  protected override onAttach(link: MessageSender): void {
    this.attached?.(link)
  }

  /**
   * Sends a message, and resolves when the peer has accepted it; in settle mode Settled, when the bytes are with the
   * transport. Rejects with MessageSendFailed when the peer made something else of it, or when the link was lost
   * first (`inDoubt`, `retryable` tell what is known); MessageContentTooLarge, EncodeError: nothing was sent;
   * AMQPTimeoutError; the reason of the signal; whatever `open` rejects with.
   */
  sendMessage(message: MessageInput, options?: SendMessageOptions): Promise<void> {
    const { openLink } = this
    const all = options === undefined ? this.defaults : this.withDefaults(options)
    if (openLink !== undefined && !this.persistent)
      return openLink.sendAccepted(message, all) as Promise<unknown> as Promise<void>
    return this.openAndSend(message, all)
  }

  /** `msgTimeoutMs` holds for each send that has no limit of its own. */
  private withDefaults<T extends WaitOptions>(options: T): T {
    if (this.defaults === undefined || typeof options !== 'object' || options?.timeoutMs !== undefined)
      return options
    return { ...options, timeoutMs: this.defaults.timeoutMs }
  }

  private async openAndSend(input: MessageInput, options: SendMessageOptions = NO_OPTIONS): Promise<void> {
    checkOptions('sendMessage', options, SEND_CHECKS)
    await this.deliver(Message.from(input), options, new Deadline(this.clock, options))
  }

  /** Sends over the link as it is then, and again as the error policy has it, or where a redirect leads to. */
  private async deliver(message: Message, options: SendMessageOptions, deadline: Deadline): Promise<void> {
    const retries = this.retries()
    message.setRetries(0)
    for (;;) {
      const link = await this.linkFor(message, deadline)
      try {
        await link.sendAccepted(message, { ...options, ...deadline.wait })
        return
      } catch (error) {
        message.setState(MessageState.WaitingToBeSent)
        if (this.follow(error)) continue
        await this.pause(retries, message, error, deadline)
      }
    }
  }

  private async linkFor(message: Message, deadline: Deadline): Promise<MessageSender> {
    try {
      return await this.opened(deadline.wait)
    } catch (error) {
      message.setState(MessageState.SendFailed)
      throw error
    }
  }

  private async pause(retries: Retries, message: Message, error: unknown, deadline: Deadline): Promise<void> {
    try {
      await retries.pause(error, deadline.wait)
    } catch (final) {
      message.setState(MessageState.SendFailed)
      throw final
    }
    message.setRetries(retries.tries)
  }

  /**
   * Sends many messages, in order, in as few batches (see BatchMessage) as the peer's max-message-size allows; one that
   * would be alone in its batch goes as it is. Each item is taken once and encoded before anything is sent; none, and
   * nothing is sent or opened. The routing of a batch is that of its first message: messages of different partition
   * keys or sessions belong into different calls.
   *
   * Resolves when all are accepted. Rejects with MessageContentTooLarge naming the index of a message that is too large,
   * with EncodeError or TypeError: nothing was sent. When a batch fails, the others are waited for; then it rejects with
   * MessageSendFailed (AMQPTimeoutError, when time was all they lacked), whose `info.failed` and `info.accepted` are lists
   * of first and last index, or with the reason of the signal; or at once with whatever `open` rejects with.
   */
  async sendBatch(messages: Iterable<MessageInput>, options: SendBatchOptions = {}): Promise<void> {
    checkOptions('sendBatch', options, SEND_BATCH_CHECKS)
    const list = Array.from(messageList(messages, 'sendBatch'), (message, i) => listedMessageOf(message, i))
    if (list.length === 0) return
    const all = this.withDefaults(options)
    const deadline = new Deadline(this.clock, all)
    let link: MessageSender
    let packed: Packed[]
    try {
      link = await this.opened(deadline.wait)
      packed = packMessages(list, link.maxMessageSize)
    } catch (error) {
      setStates(list, MessageState.SendFailed)
      throw error
    }
    await sendPacked(list, packed, all.signal, (message) => this.deliver(message, all, deadline))
  }

  /** Puts messages aside for `sendAllMessages`. No I/O. Those that are never sent stay in `pendingMessages`. */
  queueMessage(...messages: MessageInput[]): void {
    for (const input of messages) this.queue.add(Message.from(input))
  }

  /** Messages that were queued and are not sent yet, or sent by `sendAllMessages` and not settled yet, oldest first. */
  get pendingMessages(): readonly Message[] {
    return this.queue.pending
  }

  /**
   * Sends what is queued. Resolves, in the order of the queue, with what became of each message; a message that
   * failed rejects nothing. Rejects when the client cannot be opened: the messages then stay queued; and with what
   * `onSendComplete` throws, when all is done.
   * Closes the client afterwards unless `closeOnDone` is false.
   */
  async sendAllMessages(options: SendAllOptions = {}): Promise<MessageState[]> {
    checkOptions('sendAllMessages', options, SEND_ALL_CHECKS)
    const { closeOnDone = true, signal, timeoutMs, onSendComplete } = options
    const deadline = new Deadline(this.clock, { signal, timeoutMs })
    await this.opened(deadline.wait)
    const each = new Deadline(this.clock, this.withDefaults(deadline.wait))
    try {
      return await this.queue.send(
        (message) => this.deliver(message, NO_OPTIONS, each),
        signal,
        onSendComplete,
      )
    } finally {
      if (closeOnDone) await this.close()
    }
  }
}
