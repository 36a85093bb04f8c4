// Nodes that answer requests [AMQP Management 1.0, section 2.2]: what a client sends to one goes to a function of the
// user, whose answer leaves by the link that the same client receives from the node with.

import type { IncomingDelivery } from '../engine/delivery.js'
import type { ReceiverLink, ReceiverLinkListener } from '../engine/receiver-link.js'
import type { SenderLink, SenderLinkListener } from '../engine/sender-link.js'
import { AMQPError } from '../errors.js'
import { Message } from '../message/message.js'
import { MessageProperties } from '../message/properties.js'
import { ACCEPTED, type DeliveryState } from '../types/messaging.js'
import { answer } from './answer.js'
import { Answers } from './answers.js'
import type { ClaimBook } from './claim-book.js'

/** Who asks. */
export interface NodeContext {
  /** Address of the node. */
  readonly address: string
  /** The container-id of the client. */
  readonly containerId: string
  /** @internal The claims of the client. */
  readonly claims?: ClaimBook | undefined
}

/**
 * Answers a request, or does not: with undefined it is accepted and that is all. The answer gets the request's
 * message-id as its correlation-id unless it has one. An AMQPError that is thrown rejects the request with its condition
 * and description, any other error with `amqp:internal-error`.
 */
export type NodeHandler = (
  request: Message,
  context: NodeContext,
) => Message | undefined | Promise<Message | undefined>

/** Reply-to of Link Pair 1.0: the link of the same name. */
const THIS_PAIR = '$me'

/** The links of one client to one node. */
export class NodeLinks {
  private readonly handler: NodeHandler
  private readonly context: NodeContext
  private readonly requests = new Set<ReceiverLink>()
  private readonly answers = new Set<Answers>()

  constructor(handler: NodeHandler, context: NodeContext) {
    this.handler = handler
    this.context = context
  }

  /** All links that there were have ended. */
  get unused(): boolean {
    return this.requests.size === 0 && this.answers.size === 0
  }

  /** The client asks. */
  addRequests(link: ReceiverLink, onGone: () => void): ReceiverLinkListener {
    this.requests.add(link)
    return {
      onDelivery: (delivery) => {
        link.onRead(1)
        this.serve(link, delivery)
      },
      onAttach() {},
      onDrained() {},
      onEnd: () => {
        this.requests.delete(link)
        onGone()
      },
    }
  }

  /** The client is told. */
  addAnswers(link: SenderLink, onGone: () => void): SenderLinkListener {
    const answers = new Answers(link)
    this.answers.add(answers)
    return {
      onAttach() {},
      onCredit() {},
      onEnd: () => {
        this.answers.delete(answers)
        onGone()
      },
    }
  }

  /** The node is gone. */
  detach(): void {
    const description = `node "${this.context.address}" was removed`
    for (const link of [...this.requests, ...Array.from(this.answers, ({ link }) => link)]) {
      link.detach(true, { kind: 'error', condition: 'amqp:resource-deleted', description })
    }
  }

  private async serve(link: ReceiverLink, delivery: IncomingDelivery): Promise<void> {
    answer(link, delivery, await this.outcomeOf(link, delivery))
  }

  /** Has the request answered; tells its outcome. */
  private async outcomeOf(link: ReceiverLink, delivery: IncomingDelivery): Promise<DeliveryState> {
    try {
      const request = Message.received(delivery.payload, delivery.messageFormat, undefined)
      const { messageId, replyTo } = request.properties ?? {}
      if (this.answersFor(link, replyTo)?.full === true)
        return rejection('amqp:resource-limit-exceeded', 'there are answers that you have not taken')
      const reply = await this.handler(request, this.context)
      if (reply === undefined) return ACCEPTED
      const back = this.answersFor(link, replyTo)
      if (back === undefined) {
        return rejection('amqp:precondition-failed', 'there is no link to the reply-to of the request')
      }
      const properties = new MessageProperties(reply.properties ?? {})
      properties.correlationId ??= messageId
      reply.properties = properties
      back.send(reply)
      return ACCEPTED
    } catch (error) {
      if (!(error instanceof AMQPError)) return rejection('amqp:internal-error', String(error))
      return rejection(error.condition ?? 'amqp:internal-error', error.description ?? error.message)
    }
  }

  /** The link whose target, or else name, is the reply-to; without a reply-to, the only one there is in the session. */
  private answersFor(request: ReceiverLink, replyTo: string | undefined): Answers | undefined {
    const all = [...this.answers].filter(({ link }) => link.attached)
    if (replyTo === undefined) {
      const beside = all.filter(({ link }) => link.host === request.host)
      return beside.length === 1 ? beside[0] : undefined
    }
    if (replyTo === THIS_PAIR) return all.find(({ link }) => link.name === request.name)
    const named = all.find(({ link }) => link.remoteTarget?.address === replyTo)
    return named ?? all.find(({ link }) => link.name === replyTo)
  }
}

function rejection(condition: string, description: string): DeliveryState {
  return { kind: 'rejected', error: { kind: 'error', condition, description } }
}
