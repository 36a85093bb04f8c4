// The scripted peer: the other end of a connection, sans I/O. By default it is polite (answers headers, SASL, open,
// begin, attach, detach, end, close); each answer can be replaced (`on`), what came is asked for in order (`expect`,
// `done`), and anything can be sent, right or wrong (`send`, `sendList`, `sendRaw`).

import type { Input } from '../../lib/types/composite.js'
import type { SaslFrame } from '../../lib/types/security.js'
import type {
  Attach,
  Begin,
  Detach,
  Disposition,
  Flow,
  Open,
  Performative,
  Transfer,
} from '../../lib/types/transport.js'
import type { AMQPInput } from '../../lib/types/wrappers.js'
import { serialAdd } from '../../lib/util/serial.js'
import { PeerBooks } from './peer-books.js'
import type { PeerLink, PeerSession } from './peer-state.js'
import {
  AMQP_HEADER,
  type Body,
  frameBytes,
  listBytes,
  performativeBytes,
  SASL_HEADER,
  saslBytes,
} from './peer-wire.js'

export interface PeerOptions {
  /** What the peer is to the engine. Default: server. */
  readonly role?: 'server' | 'client' | undefined
  /** First transfer-id, delivery-id and delivery-count. Default: 0. */
  readonly initialId?: number | undefined
  readonly open?: Partial<Input<Open>> | undefined
  readonly begin?: Partial<Input<Begin>> | undefined
}

type Fields<K extends Performative['kind']> = Input<Extract<Performative, { readonly kind: K }>>

/** Credit and windows of the engine never end by themselves in stories that are not about them. */
const WIDE = 1_000_000

export class Peer extends PeerBooks {
  private readonly options: PeerOptions
  private written: Uint8Array[] = []
  private openSent = false
  private closeSent = false

  constructor(options: PeerOptions = {}) {
    super(options.initialId ?? 0)
    this.options = options
  }

  get isClient(): boolean {
    return this.options.role === 'client'
  }

  // --- bytes

  /** What is to be carried to the engine, one piece for each thing sent. */
  take(): Uint8Array[] {
    return this.written.splice(0)
  }

  sendRaw(...pieces: readonly Uint8Array[]): void {
    this.written.push(...pieces)
  }

  /** A described list with its fields by position, right or wrong. */
  sendList(code: number, fields: readonly (AMQPInput | undefined)[], channel = 0): void {
    this.sendRaw(frameBytes(channel, listBytes(code, fields)))
  }

  send<K extends Performative['kind']>(kind: K, fields: Fields<K>, channel = 0, payload?: Uint8Array): void {
    const performative = { ...fields, kind } as unknown as Performative
    this.sendRaw(frameBytes(channel, performativeBytes(performative, payload)))
  }

  sendSasl(frame: SaslFrame): void {
    this.sendRaw(frameBytes(0, saslBytes(frame), 1))
  }

  /** A heartbeat. */
  sendEmpty(channel = 0): void {
    this.sendRaw(frameBytes(channel, new Uint8Array(0)))
  }

  // --- politeness

  override answer(body: Body, channel: number): void {
    switch (body.kind) {
      case 'header':
        return this.answerHeader(body.bytes)
      case 'sasl-init':
        return this.outcome(0)
      case 'open':
        if (!this.openSent) this.open()
        return
      case 'begin': {
        const session = this.at(channel)
        if (!session.beginSent) this.begin(session)
        return
      }
      case 'attach': {
        const link = this.at(channel).linkOf(body.handle)
        if (!link.attachSent) this.attach(link)
        return
      }
      case 'detach':
        return this.answerDetach(channel, body)
      case 'end': {
        const session = this.sessions.find((one) => one.remoteChannel === channel && !one.endSent)
        if (session !== undefined) this.end(session)
        return
      }
      case 'close':
        if (!this.closeSent) this.close()
    }
  }

  private answerHeader(bytes: Uint8Array): void {
    const sasl = bytes[4] === 3
    this.reader.headerNext = false
    if (this.isClient) {
      if (!sasl) this.open()
      return
    }
    this.sendRaw(sasl ? SASL_HEADER : AMQP_HEADER)
    if (sasl) this.sendSasl({ kind: 'sasl-mechanisms', saslServerMechanisms: ['ANONYMOUS', 'PLAIN'] })
  }

  private answerDetach(channel: number, detach: Detach): void {
    const session = this.at(channel)
    const link = session.links.find(
      (one) => one.remoteHandle === undefined && one.attach?.handle === detach.handle,
    )
    if (link !== undefined && !link.detachSent) this.detach(link, { closed: detach.closed })
  }

  // --- what the peer says, with the books kept

  /** As client: the first header. */
  start(): void {
    this.sendRaw(AMQP_HEADER)
  }

  /** The end of SASL; after 0 the AMQP header is awaited. */
  outcome(code: number): void {
    this.sendSasl({ kind: 'sasl-outcome', code })
    if (code === 0) this.headerNext()
  }

  /** The engine's next bytes are a protocol header. */
  headerNext(): void {
    this.reader.headerNext = true
  }

  open(fields: Partial<Input<Open>> = {}): void {
    const open = { containerId: 'peer', ...this.options.open, ...fields }
    this.openSent = true
    this.frameLimit = Math.max(512, open.maxFrameSize ?? 0xffffffff)
    this.send('open', open)
  }

  close(fields: Fields<'close'> = {}): void {
    this.closeSent = true
    this.send('close', fields)
  }

  /** Begins a session of its own, or answers the engine's begin. */
  begin(answered?: PeerSession, fields: Partial<Input<Begin>> = {}): PeerSession {
    const session = answered ?? this.addSession()
    const begin = {
      remoteChannel: session.remoteChannel,
      nextOutgoingId: session.nextOutgoingId,
      incomingWindow: WIDE,
      outgoingWindow: WIDE,
      ...this.options.begin,
      ...fields,
    }
    session.beginSent = true
    session.incomingWindow = begin.incomingWindow
    this.send('begin', begin, session.channel)
    return session
  }

  end(session: PeerSession = this.session, fields: Fields<'end'> = {}): void {
    session.endSent = true
    this.send('end', fields, session.channel)
  }

  /** Answers a link of the engine with what it asked for, or with `fields` instead. */
  attach(link: PeerLink, fields: Partial<Input<Attach>> = {}): void {
    const { attach, isReceiver, session } = link
    link.attachSent = true
    const answer: Input<Attach> = {
      name: link.name,
      handle: link.handle,
      role: isReceiver,
      source: attach?.source ?? { kind: 'source', address: 'here' },
      target: attach?.target ?? { kind: 'target', address: 'there' },
      initialDeliveryCount: isReceiver ? undefined : link.deliveryCount,
      ...(fields as object),
    }
    this.send('attach', answer, session.channel)
  }

  /** Attaches a link that the engine did not ask for. */
  newLink(name: string, role: 'sender' | 'receiver', fields: Partial<Input<Attach>> = {}): PeerLink {
    const link = this.addLink(this.session, name, role === 'receiver')
    this.attach(link, fields)
    return link
  }

  detach(link: PeerLink, fields: Partial<Input<Detach>> = { closed: true }): void {
    link.detachSent = true
    if (link.remoteHandle === undefined && link.attach !== undefined) {
      link.session.links.splice(link.session.links.indexOf(link), 1)
    }
    this.send('detach', { handle: link.handle, ...(fields as object) }, link.session.channel)
  }

  /** A flow of the session alone. */
  flow(session: PeerSession = this.session, fields: Partial<Input<Flow>> = {}): void {
    const flow: Input<Flow> = {
      nextIncomingId: session.nextIncomingId,
      incomingWindow: session.incomingWindow,
      nextOutgoingId: session.nextOutgoingId,
      outgoingWindow: WIDE,
      ...fields,
    }
    session.incomingWindow = Math.max(session.incomingWindow, flow.incomingWindow)
    this.send('flow', flow, session.channel)
  }

  /** As receiver: link-credit for the engine. */
  grant(link: PeerLink, linkCredit: number, fields: Partial<Input<Flow>> = {}): void {
    const { deliveryCount } = link
    const count =
      'deliveryCount' in fields ? (fields.deliveryCount ?? link.attach?.initialDeliveryCount) : undefined
    link.granted(count ?? deliveryCount, linkCredit)
    this.flow(link.session, { handle: link.handle, deliveryCount, linkCredit, ...fields })
  }

  /** As sender: gives back the credit that it has no use for. */
  drained(link: PeerLink, linkCredit: number): void {
    link.deliveryCount = serialAdd(link.deliveryCount, linkCredit)
    this.flow(link.session, {
      handle: link.handle,
      deliveryCount: link.deliveryCount,
      linkCredit: 0,
      drain: true,
    })
  }

  /** As sender: one transfer frame; the first of a delivery gets id and tag. Answers the delivery-id. */
  transfer(link: PeerLink, payload: Uint8Array, fields: Partial<Input<Transfer>> = {}): number {
    const { session } = link
    const first = link.open === undefined
    const id = link.open?.id ?? session.nextDeliveryId
    const numbers = first
      ? { deliveryId: id, deliveryTag: Uint8Array.of(0x74, id & 255), messageFormat: 0 }
      : {}
    const transfer: Input<Transfer> = { handle: link.handle, ...numbers, ...fields }
    if (first) {
      session.nextDeliveryId = serialAdd(session.nextDeliveryId, 1)
      link.deliveryCount = serialAdd(link.deliveryCount, 1)
    }
    link.open = transfer.more === true && transfer.aborted !== true ? { id, settled: false } : undefined
    session.nextOutgoingId = serialAdd(session.nextOutgoingId, 1)
    this.send('transfer', transfer, session.channel, payload)
    return id
  }

  /** A disposition of the first session: as receiver of deliveries unless `role` says false. */
  dispose(fields: Partial<Input<Disposition>> & { first: number }): void {
    this.send('disposition', { role: true, ...fields }, this.session.channel)
  }
}
