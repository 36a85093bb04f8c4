// A session [2.5]: handles, the two windows, and the way of each performative to its link.
// Links are filed by name and role; frames find them by the peer's handle.

import { AMQPError, SessionEnd } from '../errors.js'
import type { DeliveryState } from '../types/messaging.js'
import {
  type AMQPErrorFields,
  type Attach,
  type Begin,
  begin as beginCodec,
  type Detach,
  type Disposition,
  type End,
  end as endCodec,
  type Flow,
  flow as flowCodec,
  type Transfer,
} from '../types/transport.js'
import { Ring } from '../util/ring.js'
import type { IncomingDelivery, OutgoingDelivery } from './delivery.js'
import { CLOSED, Endpoint, IDLE, OPEN, SESSION_STATES } from './endpoint.js'
import { IncomingWindow } from './incoming-window.js'
import { knownState } from './known-state.js'
import { writeLastWords } from './last-words.js'
import type { Link, LinkOptions, SessionFlow } from './link.js'
import { LinkTable } from './link-table.js'
import { OUTGOING_WINDOW, OutgoingWindow } from './outgoing-window.js'
import { sessionReason } from './reasons.js'
import { ReceiverLink, type ReceiverLinkHost, type ReceiverLinkListener } from './receiver-link.js'
import { SenderLink, type SenderLinkHost, type SenderLinkListener } from './sender-link.js'
import { checkState, Settlements, writeDisposition } from './settlements.js'
import { Turns } from './turns.js'
import { NOBODY } from './unowned-link.js'
import { Violation } from './violation.js'
import type { Wire } from './wire.js'

/** Transfer frames we take before the window must be renewed. */
export const DEFAULT_INCOMING_WINDOW = 2048
/** Highest handle that the peer may use with us. */
export const DEFAULT_HANDLE_MAX = 65535

export interface SessionOptions {
  /** In transfer frames. Default: 2048. */
  readonly incomingWindow?: number | undefined
  /** Default: 65535. */
  readonly handleMax?: number | undefined
  /** First id and delivery-count of what we send. Default: just below 2^32. */
  readonly initialId?: number | undefined
}

/** What a session needs of its connection. */
export interface SessionHost {
  readonly wire: Wire
  /** Open on both sides: sessions may speak. */
  readonly opened: boolean
  /** The session has something to add when output is gathered. */
  awaitFlush(session: Session): void
  whenTaken(delivery: OutgoingDelivery): void
  sessionEnded(session: Session): void
  fail(condition: string, description: string): void
}

/** What a session tells its owner. */
export interface SessionListener {
  onBegin(begin: Begin): void
  /** The peer attached a link that we did not ask for: `open` or `refuse` it. */
  onLink(link: SenderLink | ReceiverLink, attach: Attach): void
  onEnd(reason: AMQPError | undefined): void
}

export class Session extends Endpoint implements SenderLinkHost, ReceiverLinkHost {
  readonly wire: Wire
  readonly channel: number
  remoteChannel = -1
  readonly outgoingWindow: OutgoingWindow
  readonly incomingWindow: IncomingWindow
  readonly incoming: Ring<IncomingDelivery> = new Ring()
  listener: SessionListener
  /** In the connection's list of sessions to gather from. */
  awaitingFlush = false
  private readonly host: SessionHost
  private readonly handleMax: number
  private remoteHandleMax = 0xffffffff
  private readonly links = new LinkTable()
  private readonly turns = new Turns()
  private readonly owingFlow: ReceiverLink[] = []
  private sessionFlowOwed = false
  private readonly outcomesOut = new Settlements(true)
  private readonly settlementsOut = new Settlements(false)

  constructor(host: SessionHost, channel: number, options: SessionOptions, listener: SessionListener) {
    super()
    this.host = host
    this.wire = host.wire
    this.channel = channel
    this.listener = listener
    this.handleMax = options.handleMax ?? DEFAULT_HANDLE_MAX
    this.outgoingWindow = new OutgoingWindow(options.initialId)
    this.incomingWindow = new IncomingWindow(options.incomingWindow ?? DEFAULT_INCOMING_WINDOW)
  }

  /** Name of the specification for where this session stands [2.5.5]. */
  get stateName(): string {
    return SESSION_STATES[this.local]?.[this.remote] ?? ''
  }

  get mapped(): boolean {
    return this.local === OPEN && this.openSent && this.remote === OPEN && this.host.opened
  }

  // --- what the owner wants

  begin(): void {
    if (this.local === IDLE) this.local = OPEN
    this.reconcile()
    this.reconcileLinks()
  }

  private reconcileLinks(): void {
    for (const link of this.links.all()) {
      if (link.localHandle > this.remoteHandleMax) link.lost(this.handleMaxError(link))
      else link.reconcile()
    }
  }

  end(error?: AMQPErrorFields): void {
    if (this.local === CLOSED) return
    this.flush()
    this.closeError = error
    this.local = CLOSED
    if (!this.openSent && this.remote === IDLE) return this.finish(this.endReason)
    this.reconcile()
    if (this.remote === CLOSED) this.finish(this.endReason)
  }

  fail(condition: string, description: string): void {
    this.endReason ??= new SessionEnd(`Session ended: ${description}`, { condition, description })
    const reason = this.endReason
    this.end({ kind: 'error', condition, description })
    for (const link of this.links.all()) link.lost(reason)
  }

  attachSender(options: LinkOptions, listener: SenderLinkListener): SenderLink {
    return this.attach(new SenderLink(this, options, listener))
  }

  attachReceiver(options: LinkOptions, listener: ReceiverLinkListener): ReceiverLink {
    return this.attach(new ReceiverLink(this, options, listener))
  }

  private attach<T extends Link>(link: T): T {
    if (this.local === CLOSED) throw this.endReason ?? new SessionEnd('The session is ended')
    if (this.links.find(link.name, link.isReceiver) !== undefined) {
      throw new AMQPError(
        `A ${link.isReceiver ? 'receiver' : 'sender'} named "${link.name}" exists in this session`,
        {
          code: 'AMQP_LINK_NAME_IN_USE',
          context: { linkName: link.name },
        },
      )
    }
    if (!this.links.add(link, this.remoteHandleMax)) throw this.handleMaxError(link)
    link.open()
    return link
  }

  private handleMaxError(link: Link): AMQPError {
    return new AMQPError(
      `The peer takes no more links in this session: its handle-max is ${this.remoteHandleMax}`,
      {
        code: 'AMQP_HANDLE_MAX',
        condition: 'amqp:resource-limit-exceeded',
        context: { linkName: link.name },
      },
    )
  }

  // --- what the peer did

  onBegin(begin: Begin): void {
    this.remote = OPEN
    this.remoteHandleMax = begin.handleMax ?? 0xffffffff
    this.incomingWindow.onBegin(begin.nextOutgoingId)
    this.outgoingWindow.onBegin(begin.incomingWindow)
    if (this.local !== OPEN) return
    this.listener.onBegin(begin)
    this.reconcileLinks()
  }

  onEnd(end: End): void {
    this.flush()
    this.remote = CLOSED
    if (this.local !== CLOSED || end.error !== undefined)
      this.endReason ??= sessionReason(end.error, this.wire.peer)
    this.local = CLOSED
    this.reconcile()
    this.finish(this.endReason)
  }

  onAttach(attach: Attach): void {
    const isReceiver = !attach.role
    if (attach.handle > this.handleMax) {
      throw new Violation(
        this.host,
        'amqp:connection:framing-error',
        `handle ${attach.handle} is over our handle-max`,
      )
    }
    if (this.links.atRemote(attach.handle) !== undefined) {
      throw new Violation(this, 'amqp:session:handle-in-use', `handle ${attach.handle} is attached already`)
    }
    const known = this.links.find(attach.name, isReceiver)
    if (known !== undefined && known.remote === IDLE) {
      this.links.setRemote(attach.handle, known)
      known.onAttach(attach)
      return
    }
    if (known !== undefined)
      throw new Violation(this, 'amqp:not-allowed', `link "${attach.name}" is attached already`)
    this.onNewLink(attach, isReceiver)
  }

  private onNewLink(attach: Attach, isReceiver: boolean): void {
    const options = { name: attach.name }
    const link = isReceiver ? new ReceiverLink(this, options, NOBODY) : new SenderLink(this, options, NOBODY)
    if (!this.links.add(link, this.remoteHandleMax)) {
      throw new Violation(this, 'amqp:resource-limit-exceeded', `no handle is left for link "${attach.name}"`)
    }
    this.links.setRemote(attach.handle, link)
    link.onAttach(attach)
    this.listener.onLink(link, attach)
  }

  onDetach(detach: Detach): void {
    const link = this.linkAt(detach.handle)
    link.onDetach(detach)
  }

  onFlow(flow: Flow): void {
    this.incomingWindow.onFlow(flow.nextOutgoingId)
    this.outgoingWindow.onFlow(flow.nextIncomingId, flow.incomingWindow)
    if (flow.handle !== undefined) {
      const link = this.linkAt(flow.handle)
      if (link instanceof SenderLink) link.onFlow(flow)
      else if (link instanceof ReceiverLink) link.onFlow(flow)
    } else if (flow.echo === true) {
      this.oweSessionFlow()
    }
    this.runTurns()
  }

  onTransfer(transfer: Transfer, payload: Uint8Array, rest: readonly Uint8Array[]): void {
    if (!this.incomingWindow.onTransfer()) {
      throw new Violation(this, 'amqp:session:window-violation', 'a transfer came beyond our incoming-window')
    }
    const link = this.linkAt(transfer.handle)
    if (!(link instanceof ReceiverLink)) {
      throw new Violation(this, 'amqp:not-allowed', `a transfer came for "${link.name}", which we send by`)
    }
    link.onTransfer(transfer, payload, rest)
    if (this.incomingWindow.needsFlow) this.oweSessionFlow()
  }

  onDisposition(d: Disposition): void {
    const { first, settled = false } = d
    const state = knownState(d.state)
    // Nothing is decided by it: not worth looking for the deliveries meant.
    if (!settled && (state === undefined || state.kind === 'received')) return
    const last = d.last ?? first
    if (d.role) {
      this.outgoingWindow.unsettled.forRange(first, last, (_id, delivery) => {
        delivery.link?.onDisposition(delivery, state, settled)
      })
      return
    }
    if (!settled) return
    this.incoming.forRange(first, last, (id, delivery) => {
      this.incoming.delete(id)
      delivery.settled = true
      delivery.onRemoteSettled?.(state)
    })
  }

  private linkAt(handle: number): Link {
    const link = this.links.atRemote(handle)
    if (link !== undefined) return link
    throw new Violation(this, 'amqp:session:unattached-handle', `no link is attached at handle ${handle}`)
  }

  // --- what links ask for

  awaitTurn(link: SenderLink): void {
    this.turns.add(link)
  }

  /** Senders that waited for window or socket go on. */
  runTurns(): void {
    this.turns.run(() => this.outgoingWindow.open && !this.wire.blocked)
  }

  awaitFlow(link: ReceiverLink): void {
    if (!link.awaitingFlow) this.owingFlow.push(link)
    link.awaitingFlow = true
    this.awaitFlush()
  }

  settleOutgoing(id: number, state: DeliveryState | undefined): void {
    this.settlementsOut.add(id, state, true)
    this.awaitFlush()
  }

  settleIncoming(id: number, state: DeliveryState | undefined, settled: boolean): void {
    checkState(state, this.wire.frameLimit)
    this.outcomesOut.add(id, state, settled)
    this.awaitFlush()
  }

  whenTaken(delivery: OutgoingDelivery): void {
    this.host.whenTaken(delivery)
  }

  linkEnded(link: Link): void {
    this.links.remove(link)
  }

  flowFields(): SessionFlow {
    this.incomingWindow.renew()
    this.sessionFlowOwed = false
    return {
      nextIncomingId: this.incomingWindow.nextIncomingId,
      incomingWindow: this.incomingWindow.size,
      nextOutgoingId: this.outgoingWindow.nextOutgoingId,
      outgoingWindow: OUTGOING_WINDOW,
    }
  }

  private oweSessionFlow(): void {
    this.sessionFlowOwed = true
    this.awaitFlush()
  }

  private awaitFlush(): void {
    if (this.awaitingFlush) return
    this.awaitingFlush = true
    this.host.awaitFlush(this)
  }

  /** Adds to the output what was held back to be gathered: dispositions, then flows. */
  flush(): void {
    this.awaitingFlush = false
    if (!this.mapped) return
    this.outcomesOut.flush(this.writeDisposition)
    this.settlementsOut.flush(this.writeDisposition)
    for (const link of this.owingFlow.splice(0)) {
      link.awaitingFlow = false
      link.writeFlow()
    }
    if (this.sessionFlowOwed) this.wire.write(this.channel, flowCodec, this.flowFields())
  }

  private readonly writeDisposition = (d: Omit<Disposition, 'kind'>): void => {
    writeDisposition(this.wire, this.channel, d)
  }

  // --- endpoint

  /** The connection is gone, and the session with it. */
  lost(reason: AMQPError): void {
    this.endReason ??= reason
    this.finish(this.endReason)
  }

  private finish(reason: AMQPError | undefined): void {
    if (this.ended) return
    this.ended = true
    this.local = CLOSED
    this.host.sessionEnded(this)
    const cause = reason ?? new SessionEnd('The session was ended')
    for (const link of this.links.all()) link.lost(cause)
    this.listener.onEnd(reason)
  }

  protected parentReady(): boolean {
    return this.host.opened
  }

  protected sendOpen(): void {
    this.wire.write(this.channel, beginCodec, {
      remoteChannel: this.remoteChannel === -1 ? undefined : this.remoteChannel,
      nextOutgoingId: this.outgoingWindow.nextOutgoingId,
      incomingWindow: this.incomingWindow.size,
      outgoingWindow: OUTGOING_WINDOW,
      handleMax: this.handleMax,
    })
  }

  protected sendClose(): void {
    writeLastWords(this.closeError, (error) => this.wire.write(this.channel, endCodec, { error }))
  }
}
