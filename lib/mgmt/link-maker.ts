// What requests and answers need of links: two interfaces, which senders and receivers fit, so that this folder knows no
// connection.

import type { AMQPError } from '../errors.js'
import type { Message } from '../message/message.js'
import type { Source, Target } from '../message/terminus.js'
import type { Fields } from '../types/maps.js'
import type { WaitOptions } from '../util/deferred.js'

/** The link that takes requests to a node; a MessageSender is one. */
export interface RequestLink {
  readonly isOpen: boolean
  /** Resolves when the link has ended. */
  readonly closed: Promise<AMQPError | undefined>
  /** Resolves when the node has taken the request. */
  sendAccepted(message: Message, options: WaitOptions): Promise<unknown>
  close(options?: WaitOptions): Promise<void>
}

/** The link that brings answers; a MessageReceiver is one. */
export interface AnswerLink {
  /** Resolves when the link has ended. */
  readonly closed: Promise<AMQPError | undefined>
  /** The next answer; undefined when the link was closed by us. */
  receive(): Promise<Message | undefined>
  close(options?: WaitOptions): Promise<void>
}

/** What is asked of each of the two links. */
export interface PairedLinkOptions extends WaitOptions {
  readonly name: string | undefined
  readonly properties: Fields | undefined
  readonly sndSettleMode: 'settled' | undefined
}

/** Who lets links be attached: a Connection or a Session. */
export interface LinkMaker {
  createSender(target: Target, options: PairedLinkOptions & { source: Source }): Promise<RequestLink>
  createReceiver(source: Source, options: PairedLinkOptions & { target: Target }): Promise<AnswerLink>
}
