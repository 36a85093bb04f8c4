// Requests and their answers over one pair of links [AMQP Management 1.0, section 2.2]: a sender to a node, a receiver
// from it, matched by message-id and correlation-id. Many requests may be under way; answers come in any order.
// Invariant: when the pair is lost, every request under way ends at once; the next one opens a new pair.

import { AMQPError, AMQPTimeoutError } from '../errors.js'
import { Message, type MessageInput } from '../message/message.js'
import { MessageProperties } from '../message/properties.js'
import { Source, Target } from '../message/terminus.js'
import type { MessageId } from '../types/messaging.js'
import { Abort } from '../util/abort.js'
import { toHex } from '../util/bytes.js'
import { type Clock, realClock } from '../util/clock.js'
import { type Deferred, type WaitOptions, waitFor } from '../util/deferred.js'
import { boolean, checkOptions, object, text, WAIT_OPTIONS } from '../util/options.js'
import { randomId } from '../util/random-id.js'
import type { AnswerLink, LinkMaker, RequestLink } from './link-maker.js'

export const DEFAULT_REQUEST_TIMEOUT_MS = 60_000
/** For each of the two links. */
const ATTACH_TIMEOUT_MS = 30_000

/** The reply-to that names the other link of a pair. */
const THIS_PAIR = '$me'

export interface RequestReplyOptions {
  /** Address that answers are sent to. Default: a random one; `$me` for a pair. */
  readonly replyTo?: string | undefined
  /** The two links are one pair by the rules of Link Pair 1.0: one name, property `paired`, sent settled. Default: false. */
  readonly paired?: boolean | undefined
  /** Time as the helper sees it. Default: the real one. */
  readonly clock?: Clock | undefined
}

const CHECKS = { replyTo: text, paired: boolean, clock: object }

/** A request that is under way. */
interface Pending {
  readonly answer: Deferred<Message>
  /** The node has it: there may be an answer. */
  left: boolean
}

/** The two links, and who waits for an answer over them. */
interface Pair {
  readonly sender: RequestLink
  readonly receiver: AnswerLink
  readonly pending: Map<string, Pending>
  /** Set when it is lost, with the reason. */
  lost: { readonly reason: AMQPError | undefined } | undefined
}

export class RequestReply {
  /** Address of the node that is asked. */
  readonly node: string
  private readonly links: LinkMaker
  private readonly replyTo: string
  private readonly paired: boolean
  private readonly clock: Clock
  private readonly closing = new Abort()
  private pair: Promise<Pair> | undefined = undefined
  private current: Pair | undefined = undefined

  /** @param links a Connection or a Session, which is left open by `close` */
  constructor(links: LinkMaker, node: string, options: RequestReplyOptions = {}) {
    text(node, 'RequestReply: node')
    checkOptions('RequestReply', options, CHECKS)
    this.links = links
    this.node = node
    this.replyTo = options.replyTo ?? (options.paired === true ? THIS_PAIR : randomId())
    this.paired = options.paired ?? false
    this.clock = options.clock ?? realClock
  }

  /** Attaches both links; implied by the first request. Rejects as `createSender` does. */
  async open(): Promise<void> {
    await this.opened()
  }

  /**
   * Sends a request and resolves with its answer. The message gets a message-id unless it has one, and a reply-to; the
   * object that was given stays as it is. `timeoutMs` is 60 000 by default. Rejects with AMQPTimeoutError (the node may
   * have acted on the request), the reason of the signal, MessageSendFailed when the node did not take the request, or
   * with the reason why the links were lost (`inDoubt`: the node may have it). An answer that comes too late is dropped.
   */
  request(input: MessageInput, options: WaitOptions = {}): Promise<Message> {
    checkOptions('request', options, WAIT_OPTIONS)
    const timeoutMs = options.timeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS
    const request = this.addressed(Message.from(input).copy())
    const id = idKey(request.properties?.messageId as MessageId)
    const { signal } = options
    return waitFor<Message>(
      (answer) => {
        const unwanted = new Abort()
        this.opened().then(
          (pair) => this.send(pair, id, request, answer, unwanted),
          (error) => answer.reject(error),
        )
        return () => unwanted.abort(signal?.reason)
      },
      { signal, timeoutMs },
      this.clock,
      () => this.unanswered(timeoutMs),
    )
  }

  private addressed(request: Message): Message {
    const properties = new MessageProperties(request.properties ?? {})
    properties.messageId ??= randomId()
    properties.replyTo ??= this.replyTo
    request.properties = properties
    return request
  }

  /** A request that nobody waits for any more is not sent, if it still waits for credit. */
  private send(pair: Pair, id: string, request: Message, answer: Deferred<Message>, unwanted: Abort): void {
    if (answer.done) return
    if (pair.pending.has(id)) return answer.reject(this.twice())
    const entry: Pending = { answer, left: false }
    pair.pending.set(id, entry)
    unwanted.addEventListener('abort', () => pair.pending.delete(id))
    pair.sender.sendAccepted(request, { signal: unwanted }).then(
      () => {
        entry.left = true
        if (pair.lost !== undefined) answer.reject(this.lostError(pair.lost.reason, true))
      },
      (error) => this.onNotTaken(pair, id, entry, error),
    )
  }

  /** The node refused it, or the link ended first, with the pair or before it. */
  private onNotTaken(pair: Pair, id: string, entry: Pending, error: unknown): void {
    if (pair.pending.get(id) === entry) pair.pending.delete(id)
    const { lost } = pair
    if (lost === undefined && pair.sender.isOpen) return entry.answer.reject(error)
    const left = error instanceof AMQPError && error.inDoubt
    entry.answer.reject(this.lostError(lost === undefined ? (error as AMQPError) : lost.reason, left))
  }

  private opened(): Promise<Pair> {
    if (this.closing.aborted) return Promise.reject(this.closedError())
    if (this.pair === undefined) {
      const pair = this.attach()
      this.pair = pair
      pair.catch(() => {
        if (this.pair === pair) this.pair = undefined
      })
    }
    return this.pair
  }

  /** Both links are there before the first request goes out; the receiver first, so that no answer finds nobody. */
  private async attach(): Promise<Pair> {
    const name = randomId()
    const common = this.paired
      ? { name, properties: { paired: true }, sndSettleMode: 'settled' as const }
      : { name: undefined, properties: undefined, sndSettleMode: undefined }
    const own = this.paired ? this.node : this.replyTo
    const wait = { timeoutMs: ATTACH_TIMEOUT_MS, signal: this.closing }
    const receiver = await this.links.createReceiver(new Source(this.node), {
      ...common,
      ...wait,
      target: new Target(own),
    })
    let sender: RequestLink
    try {
      sender = await this.links.createSender(new Target(this.node), {
        ...common,
        ...wait,
        source: new Source(own),
      })
    } catch (error) {
      receiver.close().catch(() => {})
      throw error
    }
    const pair: Pair = { sender, receiver, pending: new Map(), lost: undefined }
    this.current = pair
    sender.closed.then((reason) => this.onLost(pair, reason))
    receiver.closed.then((reason) => this.onLost(pair, reason))
    this.read(pair)
    return pair
  }

  private async read(pair: Pair): Promise<void> {
    try {
      for (
        let answer = await pair.receiver.receive();
        answer !== undefined;
        answer = await pair.receiver.receive()
      ) {
        this.onAnswer(pair, answer)
      }
    } catch {
      // The link was lost: `receiver.closed` tells, and ends what is under way.
    }
  }

  private onAnswer(pair: Pair, answer: Message): void {
    if (!answer.settled) answer.accept().catch(() => {})
    const id = correlationOf(answer)
    const waiting = id === undefined ? undefined : pair.pending.get(id)
    if (id === undefined || waiting === undefined) return
    pair.pending.delete(id)
    waiting.answer.resolve(answer)
  }

  /**
   * One link of the pair is of no use without the other. Requests that were not taken yet are given up by the sender,
   * which knows whether they have left.
   */
  private onLost(pair: Pair, reason: AMQPError | undefined): void {
    if (pair.lost !== undefined) return
    pair.lost = { reason }
    if (this.current === pair) {
      this.current = undefined
      this.pair = undefined
    }
    for (const { answer, left } of pair.pending.values())
      if (left) answer.reject(this.lostError(reason, true))
    pair.sender.close({ timeoutMs: 0 }).catch(() => {})
    pair.receiver.close().catch(() => {})
  }

  /** Requests that wait for their answer. */
  get pending(): number {
    return this.current?.pending.size ?? 0
  }

  /** Closes both links; what is under way rejects. Bounded as `MessageSender.close` is. Closing twice is harmless. */
  async close(options: WaitOptions = {}): Promise<void> {
    checkOptions('close', options, WAIT_OPTIONS)
    this.closing.abort(this.closedError())
    const pair = await this.pair?.catch(() => undefined)
    if (pair === undefined) return
    this.onLost(pair, undefined)
    await Promise.all([pair.sender.close(options), pair.receiver.close(options)])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private get context() {
    return { operation: 'a request', address: this.node }
  }

  private twice(): AMQPError {
    return new AMQPError('A request with the same message-id is under way', {
      code: 'AMQP_REQUEST_ID_IN_USE',
      context: this.context,
    })
  }

  private unanswered(timeoutMs: number): AMQPError {
    return new AMQPTimeoutError(
      `"${this.node}" did not answer within ${timeoutMs} ms; it may have acted on the request`,
      {
        timeoutMs,
        inDoubt: true,
        retryable: false,
        context: this.context,
      },
    )
  }

  private lostError(reason: AMQPError | undefined, inDoubt: boolean): AMQPError {
    if (this.closing.aborted) return this.closedError(inDoubt)
    const why = reason?.message ?? 'the links to it were closed'
    return new AMQPError(`Requests to "${this.node}" got no answer: ${why}`, {
      code: 'AMQP_REQUEST_LOST',
      condition: reason?.condition,
      description: reason?.description,
      info: reason?.info,
      retryable: !inDoubt && reason?.retryable,
      inDoubt,
      context: this.context,
      cause: reason,
    })
  }

  private closedError(inDoubt = false): AMQPError {
    return new AMQPError(`No requests can be sent to "${this.node}" any more: it was closed`, {
      code: 'AMQP_REQUEST_CLOSED',
      inDoubt,
      context: this.context,
    })
  }
}

/** Ids of different types are different ids [3.2.4], but for a UUID and its text: Qpid Broker-J answers the one with the other. */
function idKey(id: MessageId): string {
  if (id instanceof Uint8Array) return `binary:${toHex(id)}`
  return typeof id === 'bigint' ? `number:${id}` : `text:${id}`
}

/** An answer that cannot be read answers nothing. */
function correlationOf(answer: Message): string | undefined {
  try {
    const id = answer.properties?.correlationId
    return id === undefined ? undefined : idKey(id)
  } catch {
    return undefined
  }
}
