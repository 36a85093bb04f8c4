// What both ends of a link share [2.6]: attach, detach, negotiated modes, refusal.
// A link is known by its name and its role. A re-attach makes a new engine link with the old name.

import { AMQPError, LinkDetach } from '../errors.js'
import type { Input } from '../types/composite.js'
import type { Source, Target } from '../types/messaging.js'
import type { Coordinator } from '../types/transactions.js'
import {
  type AMQPErrorFields,
  type Attach,
  attach as attachCodec,
  type Detach,
  detach as detachCodec,
  type Flow,
} from '../types/transport.js'
import { CLOSED, Endpoint, IDLE, LINK_STATES, OPEN } from './endpoint.js'
import { writeLastWords } from './last-words.js'
import { describeLink, linkReason } from './reasons.js'
import type { Wire } from './wire.js'

/** Settle modes of the wire [2.8.2, 2.8.3]. */
export const SND_UNSETTLED = 0
export const SND_SETTLED = 1
export const SND_MIXED = 2
export const RCV_FIRST = 0

/** What we say in our attach; what is left out is the specification's default. */
export interface LinkOptions {
  readonly name: string
  readonly source?: Input<Source> | undefined
  readonly target?: Input<Target> | Input<Coordinator> | undefined
  readonly sndSettleMode?: number | undefined
  readonly rcvSettleMode?: number | undefined
  /** Largest message we take, in bytes. Receivers only; undefined: no limit. */
  readonly maxMessageSize?: bigint | undefined
  readonly offeredCapabilities?: readonly string[] | undefined
  readonly desiredCapabilities?: readonly string[] | undefined
  readonly properties?: Input<Attach>['properties']
}

/** The part of a flow that is the session's [2.7.4]. */
export type SessionFlow = Pick<
  Flow,
  'nextIncomingId' | 'incomingWindow' | 'nextOutgoingId' | 'outgoingWindow'
>

/** What a link needs of its session. */
export interface LinkHost {
  /** Begun on both sides and not ended: links may speak. */
  readonly mapped: boolean
  readonly wire: Wire
  readonly channel: number
  linkEnded(link: Link): void
  /** Writes the dispositions that are held back: they have to come before the detach. */
  flush(): void
  /** The session's fields of a flow; writing them renews the incoming window. */
  flowFields(): SessionFlow
}

/** What a link tells its owner. */
export interface LinkListener {
  /** The peer's attach is in and is no refusal. */
  onAttach(attach: Attach): void
  /** The end, once. No reason: we closed it and the peer agreed. */
  onEnd(reason: AMQPError | undefined): void
}

export abstract class Link extends Endpoint {
  readonly name: string
  /** True when we are the receiver. */
  abstract readonly isReceiver: boolean
  readonly host: LinkHost
  localHandle = -1
  remoteHandle = -1
  options: LinkOptions
  /** The peer's attach. */
  remoteAttach: Attach | undefined = undefined
  sndSettleMode: number
  rcvSettleMode: number
  /** The peer wants or did a detach that closes; ours says the same. */
  protected closing = true
  /** The peer attached first. */
  private answering = false
  protected abstract readonly listener: LinkListener

  constructor(host: LinkHost, options: LinkOptions) {
    super()
    this.host = host
    this.name = options.name
    this.options = options
    this.sndSettleMode = options.sndSettleMode ?? SND_MIXED
    this.rcvSettleMode = options.rcvSettleMode ?? RCV_FIRST
  }

  /** Address of the node at the peer, for messages to people. */
  get address(): string {
    const terminus = this.isReceiver ? this.options.source : this.options.target
    return terminus !== undefined && 'address' in terminus ? (terminus.address ?? '') : ''
  }

  /** Name of the specification for where this link stands; for traces and tests. */
  get stateName(): string {
    return LINK_STATES[this.local]?.[this.remote] ?? ''
  }

  /** Source and target as the peer told them; a terminus of an unknown kind is none that we can use. */
  get remoteSource(): Source | undefined {
    const source = this.remoteAttach?.source
    return source !== undefined && 'kind' in source ? source : undefined
  }

  get remoteTarget(): Target | undefined {
    const target = this.remoteAttach?.target
    return target !== undefined && 'kind' in target && target.kind === 'target' ? target : undefined
  }

  get attached(): boolean {
    return this.local === OPEN && this.remote === OPEN && this.host.mapped && !this.refused
  }

  /** The peer answered without the terminus it should provide: a detach with the reason follows [2.6.3]. */
  get refused(): boolean {
    const attach = this.remoteAttach
    if (attach === undefined || this.answering) return false
    const ours = this.isReceiver ? this.options.source : this.options.target
    const theirs = this.isReceiver ? attach.source : attach.target
    return ours !== undefined && theirs === undefined
  }

  /** Attaches. For a link that the peer began, `options` complete the answer. */
  open(options?: Partial<LinkOptions>): void {
    if (this.local !== IDLE) return
    if (options !== undefined) this.options = { ...this.options, ...options }
    this.answering = this.remote !== IDLE
    if (this.answering) {
      this.sndSettleMode = this.options.sndSettleMode ?? this.sndSettleMode
      this.rcvSettleMode = this.options.rcvSettleMode ?? this.rcvSettleMode
    }
    this.local = OPEN
    this.reconcile()
  }

  /** Answers the peer's attach with a null terminus and a detach that tells why. */
  refuse(condition: string, description: string, info?: AMQPErrorFields['info']): void {
    if (this.local !== IDLE) return
    this.options = { ...this.options, [this.isReceiver ? 'target' : 'source']: undefined }
    this.closeError = { kind: 'error', condition, description, info }
    this.local = CLOSED
    this.reconcile()
  }

  /** Ends the link: for good (`closed`), or leaving the terminus as it is. */
  detach(closed = true, error?: AMQPErrorFields): void {
    if (this.local === CLOSED) return
    this.closing = closed
    this.closeError = error
    this.local = CLOSED
    if (!this.openSent && this.remote === IDLE) return this.finish(this.endReason)
    this.reconcile()
    if (this.remote === CLOSED) this.finish(this.endReason)
  }

  fail(condition: string, description: string): void {
    this.endReason ??= new LinkDetach(`We detached ${describeLink(this)}: ${description}`, {
      condition,
      description,
      context: { linkName: this.name, address: this.address },
    })
    this.detach(true, { kind: 'error', condition, description })
  }

  onAttach(attach: Attach): void {
    this.remote = OPEN
    this.remoteAttach = attach
    this.negotiate(attach)
    if (this.local === OPEN && !this.refused) this.listener.onAttach(attach)
  }

  onDetach(detach: Detach): void {
    this.remote = CLOSED
    if (this.local !== CLOSED || detach.error !== undefined) {
      const attached = this.remoteAttach !== undefined && !this.refused
      this.endReason ??= linkReason(detach.error, this, attached, this.host.wire.peer)
    }
    if (this.local !== CLOSED) this.closing = detach.closed ?? false
    this.local = CLOSED
    this.reconcile()
    this.finish(this.endReason)
  }

  /** The session is gone, and the link with it. */
  lost(reason: AMQPError): void {
    this.endReason ??= reason
    this.finish(this.endReason)
  }

  protected finish(reason: AMQPError | undefined): void {
    if (this.ended) return
    this.ended = true
    this.local = CLOSED
    this.host.linkEnded(this)
    this.release(reason)
    this.listener.onEnd(reason)
  }

  /** Lets go of deliveries when the link ends. */
  protected abstract release(reason: AMQPError | undefined): void

  /** The answer decides what holds [2.6.3]. */
  protected negotiate(attach: Attach): void {
    if (attach.sndSettleMode !== undefined) this.sndSettleMode = attach.sndSettleMode
    if (attach.rcvSettleMode !== undefined) this.rcvSettleMode = attach.rcvSettleMode
  }

  protected parentReady(): boolean {
    return this.host.mapped
  }

  protected abstract attachFields(): { initialDeliveryCount: number | undefined }

  /** An attach that does not fit the peer's frames ends this link only. */
  protected sendOpen(): void {
    try {
      this.sendAttach()
    } catch (error) {
      if (!(error instanceof AMQPError)) throw error
      this.openSent = false
      this.lost(error)
    }
  }

  private sendAttach(): void {
    const o = this.options
    this.host.wire.write(this.host.channel, attachCodec, {
      name: this.name,
      handle: this.localHandle,
      role: this.isReceiver,
      sndSettleMode: o.sndSettleMode ?? this.remoteAttach?.sndSettleMode,
      rcvSettleMode: o.rcvSettleMode ?? this.remoteAttach?.rcvSettleMode,
      source: o.source === undefined ? undefined : { ...o.source, kind: 'source' },
      target: (o.target === undefined ? undefined : { kind: 'target', ...o.target }) as Attach['target'],
      initialDeliveryCount: this.attachFields().initialDeliveryCount,
      maxMessageSize: o.maxMessageSize,
      offeredCapabilities: o.offeredCapabilities,
      desiredCapabilities: o.desiredCapabilities,
      properties: o.properties,
    })
  }

  protected sendClose(): void {
    const { host, localHandle: handle, closing } = this
    host.flush()
    writeLastWords(this.closeError, (error) => {
      host.wire.write(host.channel, detachCodec, { handle, closed: closing ? true : undefined, error })
    })
  }
}
