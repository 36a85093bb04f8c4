// The performatives [2.7]: what opens, runs and closes connections, sessions and links.
// The rows of the tables are the fields in wire order. Defaults are stated beside the fields, never filled in.

import type { AMQPErrorFields } from './amqp-error.js'
import { error } from './amqp-error.js'
import { composite, MANDATORY, MULTIPLE } from './composite.js'
import { oneOf } from './composite-set.js'
import type { DeliveryState } from './delivery-states.js'
import { DELIVERY_STATE } from './delivery-states.js'
import type { FieldType } from './field-type.js'
import type { Fields } from './maps.js'
import type { Source, Target } from './termini.js'
import { SOURCE, target } from './termini.js'
import type { Coordinator } from './transactions.js'
import { coordinator } from './transactions.js'
import type { UnsettledMap } from './unsettled.js'
import { UNSETTLED } from './unsettled.js'
import type { AMQPDescribed } from './wrappers.js'

export type { AMQPErrorFields } from './amqp-error.js'
export { error } from './amqp-error.js'
export type { Fields, InputFields } from './maps.js'
export type { UnsettledMap } from './unsettled.js'

/** Negotiates the connection [2.7.1]. */
export interface Open {
  readonly kind: 'open'
  readonly containerId: string
  /** Virtual host that the sender of the frame wants. */
  readonly hostname?: string | undefined
  /** Largest frame its sender takes, in bytes; default 4294967295. */
  readonly maxFrameSize?: number | undefined
  /** Highest channel number its sender takes; default 65535. */
  readonly channelMax?: number | undefined
  /** Milliseconds of silence after which its sender gives the connection up; default none. */
  readonly idleTimeOut?: number | undefined
  readonly outgoingLocales?: readonly string[] | undefined
  readonly incomingLocales?: readonly string[] | undefined
  readonly offeredCapabilities?: readonly string[] | undefined
  readonly desiredCapabilities?: readonly string[] | undefined
  readonly properties?: Fields | undefined
}

/** Begins a session on a channel [2.7.2]. */
export interface Begin {
  readonly kind: 'begin'
  /** Channel of the begin that this one answers; absent in a session's first begin. */
  readonly remoteChannel?: number | undefined
  readonly nextOutgoingId: number
  readonly incomingWindow: number
  readonly outgoingWindow: number
  /** Highest handle its sender takes; default 4294967295. */
  readonly handleMax?: number | undefined
  readonly offeredCapabilities?: readonly string[] | undefined
  readonly desiredCapabilities?: readonly string[] | undefined
  readonly properties?: Fields | undefined
}

/** Attaches a link to a session [2.7.3]. */
export interface Attach {
  readonly kind: 'attach'
  readonly name: string
  readonly handle: number
  /** Role of the sender of this frame: false sender, true receiver. */
  readonly role: boolean
  /** 0 unsettled, 1 settled, 2 mixed (the default). */
  readonly sndSettleMode?: number | undefined
  /** 0 first (the default), 1 second. */
  readonly rcvSettleMode?: number | undefined
  readonly source?: Source | AMQPDescribed | undefined
  readonly target?: Target | Coordinator | AMQPDescribed | undefined
  readonly unsettled?: UnsettledMap | undefined
  readonly incompleteUnsettled?: boolean | undefined
  /** Required of a sender, ignored from a receiver. */
  readonly initialDeliveryCount?: number | undefined
  /** Largest message its sender takes, in bytes; absent or 0 for no limit. */
  readonly maxMessageSize?: bigint | undefined
  readonly offeredCapabilities?: readonly string[] | undefined
  readonly desiredCapabilities?: readonly string[] | undefined
  readonly properties?: Fields | undefined
}

/** Updates session windows and link credit [2.7.4]. */
export interface Flow {
  readonly kind: 'flow'
  /** Absent only while the peer's begin has not come. */
  readonly nextIncomingId?: number | undefined
  readonly incomingWindow: number
  readonly nextOutgoingId: number
  readonly outgoingWindow: number
  /** The link concerned; absent when only the session is. */
  readonly handle?: number | undefined
  readonly deliveryCount?: number | undefined
  readonly linkCredit?: number | undefined
  readonly available?: number | undefined
  readonly drain?: boolean | undefined
  readonly echo?: boolean | undefined
  readonly properties?: Fields | undefined
}

/** Carries a message or a part of one; the payload follows the performative in its frame [2.7.5]. */
export interface Transfer {
  readonly kind: 'transfer'
  readonly handle: number
  readonly deliveryId?: number | undefined
  /** At most 32 bytes. */
  readonly deliveryTag?: Uint8Array | undefined
  readonly messageFormat?: number | undefined
  readonly settled?: boolean | undefined
  readonly more?: boolean | undefined
  readonly rcvSettleMode?: number | undefined
  readonly state?: DeliveryState | AMQPDescribed | undefined
  readonly resume?: boolean | undefined
  readonly aborted?: boolean | undefined
  readonly batchable?: boolean | undefined
}

/** Tells of a change in the state of deliveries [2.7.6]. */
export interface Disposition {
  readonly kind: 'disposition'
  /** Role of the sender of this frame: true when it received the deliveries. */
  readonly role: boolean
  readonly first: number
  /** Last delivery-id of the range, itself included; default `first`. */
  readonly last?: number | undefined
  readonly settled?: boolean | undefined
  readonly state?: DeliveryState | AMQPDescribed | undefined
  readonly batchable?: boolean | undefined
}

/** Detaches a link, for good when `closed` [2.7.7]. */
export interface Detach {
  readonly kind: 'detach'
  readonly handle: number
  readonly closed?: boolean | undefined
  readonly error?: AMQPErrorFields | undefined
}

/** Ends a session [2.7.8]. */
export interface End {
  readonly kind: 'end'
  readonly error?: AMQPErrorFields | undefined
}

/** Closes the connection [2.7.9]. */
export interface Close {
  readonly kind: 'close'
  readonly error?: AMQPErrorFields | undefined
}

export type Performative = Open | Begin | Attach | Flow | Transfer | Disposition | Detach | End | Close

/** What a field that requires a target may hold. */
const TARGET: FieldType<Target | Coordinator | AMQPDescribed> = oneOf<Target | Coordinator>('target', [
  target,
  coordinator,
])

export const open = composite<Open>('open', 0x10, 'amqp:open:list', {
  containerId: ['string', MANDATORY],
  hostname: ['string'],
  maxFrameSize: ['uint'],
  channelMax: ['ushort'],
  idleTimeOut: ['milliseconds'],
  outgoingLocales: ['ietf-language-tag', MULTIPLE],
  incomingLocales: ['ietf-language-tag', MULTIPLE],
  offeredCapabilities: ['symbol', MULTIPLE],
  desiredCapabilities: ['symbol', MULTIPLE],
  properties: ['fields'],
})

export const begin = composite<Begin>('begin', 0x11, 'amqp:begin:list', {
  remoteChannel: ['ushort'],
  nextOutgoingId: ['transfer-number', MANDATORY],
  incomingWindow: ['uint', MANDATORY],
  outgoingWindow: ['uint', MANDATORY],
  handleMax: ['handle'],
  offeredCapabilities: ['symbol', MULTIPLE],
  desiredCapabilities: ['symbol', MULTIPLE],
  properties: ['fields'],
})

export const attach = composite<Attach>('attach', 0x12, 'amqp:attach:list', {
  name: ['string', MANDATORY],
  handle: ['handle', MANDATORY],
  role: ['role', MANDATORY],
  sndSettleMode: ['sender-settle-mode'],
  rcvSettleMode: ['receiver-settle-mode'],
  source: ['*', SOURCE],
  target: ['*', TARGET],
  unsettled: [UNSETTLED],
  incompleteUnsettled: ['boolean'],
  initialDeliveryCount: ['sequence-no'],
  maxMessageSize: ['ulong'],
  offeredCapabilities: ['symbol', MULTIPLE],
  desiredCapabilities: ['symbol', MULTIPLE],
  properties: ['fields'],
})

export const flow = composite<Flow>('flow', 0x13, 'amqp:flow:list', {
  nextIncomingId: ['transfer-number'],
  incomingWindow: ['uint', MANDATORY],
  nextOutgoingId: ['transfer-number', MANDATORY],
  outgoingWindow: ['uint', MANDATORY],
  handle: ['handle'],
  deliveryCount: ['sequence-no'],
  linkCredit: ['uint'],
  available: ['uint'],
  drain: ['boolean'],
  echo: ['boolean'],
  properties: ['fields'],
})

export const transfer = composite<Transfer>('transfer', 0x14, 'amqp:transfer:list', {
  handle: ['handle', MANDATORY],
  deliveryId: ['delivery-number'],
  deliveryTag: ['delivery-tag'],
  messageFormat: ['message-format'],
  settled: ['boolean'],
  more: ['boolean'],
  rcvSettleMode: ['receiver-settle-mode'],
  state: ['*', DELIVERY_STATE],
  resume: ['boolean'],
  aborted: ['boolean'],
  batchable: ['boolean'],
})

export const disposition = composite<Disposition>('disposition', 0x15, 'amqp:disposition:list', {
  role: ['role', MANDATORY],
  first: ['delivery-number', MANDATORY],
  last: ['delivery-number'],
  settled: ['boolean'],
  state: ['*', DELIVERY_STATE],
  batchable: ['boolean'],
})

export const detach = composite<Detach>('detach', 0x16, 'amqp:detach:list', {
  handle: ['handle', MANDATORY],
  closed: ['boolean'],
  error: [error],
})

export const end = composite<End>('end', 0x17, 'amqp:end:list', {
  error: [error],
})

export const close = composite<Close>('close', 0x18, 'amqp:close:list', {
  error: [error],
})
