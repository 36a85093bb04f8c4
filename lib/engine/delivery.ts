// A delivery, seen from either end [2.6.12]. Objects of both classes exist by the hundred thousand:
// every field is set in the constructor, behaviour is in methods, nothing is allocated beside them.

import type { AMQPError } from '../errors.js'
import type { DeliveryState } from '../types/messaging.js'
import type { Payload } from './payload.js'

/** What became of an outgoing delivery so far. */
export const QUEUED = 0
export const WRITING = 1
export const WRITTEN = 2
export const DONE = 3
export type DeliveryProgress = typeof QUEUED | typeof WRITING | typeof WRITTEN | typeof DONE

/** What a delivery knows of the link that sends it. */
export interface OutgoingLink {
  readonly name: string
  readonly address: string
  onDisposition(delivery: OutgoingDelivery, state: DeliveryState | undefined, settled: boolean): void
}

/** What a delivery knows of the link that it came by. */
export interface IncomingLink {
  readonly name: string
  readonly address: string
  readonly ended: boolean
  readonly settlesFirst: boolean
  dispose(delivery: IncomingDelivery, state: DeliveryState | undefined, settled: boolean): void
  endedError(operation: string): AMQPError
}

/** A message on its way out. The owner extends it and is told once what became of it. */
export abstract class OutgoingDelivery {
  id = 0
  progress: DeliveryProgress = QUEUED
  link: OutgoingLink | undefined = undefined
  payload: Payload | undefined = undefined
  /** First piece and offset in it that are still to be written. */
  piece = 0
  offset = 0
  messageFormat = 0
  settled: boolean
  /** Undefined: the link numbers its deliveries. */
  tag: Uint8Array | undefined
  state: DeliveryState | undefined = undefined

  constructor(settled: boolean, tag: Uint8Array | undefined) {
    this.settled = settled
    this.tag = tag
  }

  /**
   * What we settle with when the peer left its outcome to us [2.6.12]: the outcome itself, unless the owner says
   * otherwise. Called before `onSettled`.
   */
  answerTo(outcome: DeliveryState): DeliveryState {
    return outcome
  }

  /** The peer's outcome; undefined when it settled without one, or when we sent it settled. Called once. */
  abstract onSettled(state: DeliveryState | undefined): void
  /** The link ended first. `inDoubt`: bytes of it had been written. Called once, instead of `onSettled`. */
  abstract onLost(reason: AMQPError, inDoubt: boolean): void
}

/** A message that came in whole. */
export class IncomingDelivery {
  readonly link: IncomingLink
  readonly id: number
  readonly tag: Uint8Array
  readonly messageFormat: number
  readonly payload: Uint8Array
  /** Nothing is owed to the peer any more, or never was. */
  settled: boolean
  /** The sender's own view, e.g. a transactional state. */
  readonly remoteState: DeliveryState | undefined
  /** For the owner: who waits for the peer's settlement. */
  onRemoteSettled: ((state: DeliveryState | undefined) => void) | undefined = undefined

  constructor(
    link: IncomingLink,
    id: number,
    tag: Uint8Array,
    messageFormat: number,
    payload: Uint8Array,
    settled: boolean,
    remoteState: DeliveryState | undefined,
  ) {
    this.link = link
    this.id = id
    this.tag = tag
    this.messageFormat = messageFormat
    this.payload = payload
    this.settled = settled
    this.remoteState = remoteState
  }
}
