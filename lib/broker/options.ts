// Options of the embedded broker and its queues, with their checks and the settings they come to.

import { MAX_FRAME_SIZE_BYTES } from '../constants.js'
import type { Tracer } from '../trace/tracer.js'
import { checkTlsOptions, type TlsServerOptions } from '../transport/tls-options.js'
import { type Clock, realClock } from '../util/clock.js'
import { boolean, checkOptions, integer, type OptionCheck, object, oneOf, text } from '../util/options.js'
import {
  DEFAULT_MAX_DELIVERY_COUNT,
  type ServiceBusOptions,
  type ServiceBusSettings,
  serviceBusOption,
  serviceBusSettings,
} from './service-bus/options.js'

/** Options of `EmbeddedBroker.start`. */
export interface BrokerOptions {
  /** False: no port of its own for AMQP over TCP; connections come by `connect`, `serve` and WebSocket. Default: true. */
  readonly listen?: boolean | undefined
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string | undefined
  /** Default: 0, any port that is free. */
  readonly port?: number | undefined
  /** Listen for AMQP over WebSocket as well, on a port of its own; with `tls` as `wss`. Default: false. */
  readonly webSocket?: boolean | BrokerWebSocketOptions | undefined
  /** With this the broker speaks TLS. A client certificate that is trusted may log in by SASL EXTERNAL. */
  readonly tls?: TlsServerOptions | undefined
  /** Passwords by user, for SASL SCRAM-SHA-512, -256 and -1, and PLAIN. */
  readonly users?: Readonly<Record<string, string>> | undefined
  /** Serve clients that do not say who they are, by SASL ANONYMOUS or without SASL. Default: true when there are no users. */
  readonly anonymous?: boolean | undefined
  /**
   * Claims-based security: the node `$cbs` takes tokens, and clients that log in by MSSBCBS, ANONYMOUS or not at all may
   * use only what their claims cover: up to 1000 at a time. Default: none.
   */
  readonly cbs?: CbsOptions | undefined
  /** Largest frame taken, in bytes, from 512. Default: 65536. */
  readonly maxFrameSize?: number | undefined
  /** Give a connection up when nothing came for so long, in milliseconds; half of it is announced. Default: 0, never. */
  readonly idleTimeoutMs?: number | undefined
  /** Make a queue when a link is attached to its address; none at `$cbs` and `$management`. Default: true. */
  readonly autoCreate?: boolean | undefined
  /** Largest message taken, in bytes. Default: no limit for queues, 1,048,576 for event hubs. */
  readonly maxMessageSize?: number | undefined
  /** Messages that a sending link may have under way. Default: 1000. */
  readonly credit?: number | undefined
  /** For queues that are made without a number of their own: see {@link QueueOptions}. */
  readonly maxDeliveryCount?: number | undefined
  /** For queues that are made without an option of this name: see {@link QueueOptions}. Default: false. */
  readonly serviceBus?: boolean | ServiceBusOptions | undefined
  /** Told of every frame. Default: none. */
  readonly tracer?: Tracer | undefined
  /** Time as the broker sees it. Default: the real one. */
  readonly clock?: Clock | undefined
}

/** Where WebSockets are served; the host is that of the broker. */
export interface BrokerWebSocketOptions {
  /** Default: 0, any port that is free. */
  readonly port?: number | undefined
  /** Serve this path only, percent-encoded, with its first `/`. Default: any. */
  readonly path?: string | undefined
}

/** Which tokens are good. */
export interface CbsOptions {
  /** Shared access keys by name; a key is used as text. */
  readonly sasKeys?: Readonly<Record<string, string>> | undefined
  /** Secret that JSON Web Tokens are signed with (HS256 and its like). */
  readonly jwtSecret?: string | undefined
  /** Public key of those who sign them (RS256, ES256 and their like), in PEM. */
  readonly jwtPublicKey?: string | undefined
  /** What the claim `aud` of a JSON Web Token must be, or hold. Default: not looked at. */
  readonly jwtAudience?: string | undefined
  /** Offer the form of the 1.0 draft, too: `set-token`, with JSON Web Tokens for the whole connection. Default: false. */
  readonly draft?: boolean | undefined
}

/** What a queue tells the sender of each message. */
export type QueueAnswer = 'accepted' | 'rejected' | 'released' | 'modified' | 'none'

/** Options of a queue. */
export interface QueueOptions {
  /**
   * A message goes to the dead-letter queue when so many attempts to deliver it have failed. Default: as the broker's,
   * else never; 10 in a Service Bus queue.
   */
  readonly maxDeliveryCount?: number | undefined
  /**
   * The queue speaks the dialect of Azure Service Bus: locks by token, deferral, scheduling, batches, sessions, and the
   * node `<queue>/$management`. Its name is not case sensitive, nor is its dead-letter queue's; claims cover it as it is
   * spelled. What is left out of the options, or all with true, is as the broker's option has it. False: a plain queue.
   * Default: as the broker's.
   */
  readonly serviceBus?: boolean | ServiceBusOptions | undefined
  /**
   * For tests of senders: what is told to them. Only with `accepted` (the default) and `none` is the message kept;
   * `none` keeps it and never says so, as if the answer were lost.
   */
  readonly answer?: QueueAnswer | undefined
}

/** {@link QueueOptions} with defaults filled in. */
export interface QueueSettings {
  /** Infinity: never. */
  readonly maxDeliveryCount: number
  readonly answer: QueueAnswer
  /** Undefined: a plain queue. */
  readonly serviceBus: ServiceBusSettings | undefined
}

/** {@link BrokerOptions} with defaults filled in, but for those that are handed on as they are. */
export interface BrokerSettings {
  readonly users: Readonly<Record<string, string>> | undefined
  readonly anonymous: boolean
  readonly cbs: CbsOptions | undefined
  /** SASL EXTERNAL is offered. */
  readonly certificates: boolean
  readonly maxFrameSize: number
  readonly idleTimeoutMs: number
  readonly autoCreate: boolean
  readonly maxMessageSize: number | undefined
  readonly credit: number
  /** Undefined: as the kind of the queue has it. */
  readonly maxDeliveryCount: number | undefined
  readonly serviceBus: boolean | ServiceBusOptions | undefined
  readonly tracer: Tracer | undefined
  readonly clock: Clock
}

const DEFAULT_CREDIT = 1000

const users: OptionCheck = (value, name) => {
  if (!holdsSecrets(value)) throw new TypeError(`${name} must hold a password by the name of each user`)
}

const sasKeys: OptionCheck = (value, name) => {
  if (!holdsSecrets(value)) throw new TypeError(`${name} must hold a key by each name`)
}

function holdsSecrets(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(([name, secret]) => name !== '' && typeof secret === 'string')
}

const WEB_SOCKET_CHECKS: Readonly<Record<string, OptionCheck>> = {
  port: integer(0, 65535),
  path: (value, name) => {
    text(value, name)
    if (!/^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/.test(String(value)))
      throw new TypeError(`${name} must be a path that begins with '/', percent-encoded, without a query`)
  },
}

const CBS_CHECKS: Readonly<Record<string, OptionCheck>> = {
  sasKeys,
  jwtSecret: text,
  jwtPublicKey: text,
  jwtAudience: text,
  draft: boolean,
}

const BROKER_CHECKS: Readonly<Record<string, OptionCheck>> = {
  listen: boolean,
  host: text,
  port: integer(0, 65535),
  webSocket: (value, name) => {
    if (typeof value !== 'boolean') checkOptions(name, value, WEB_SOCKET_CHECKS)
  },
  tls: (value) => checkTlsOptions(value as TlsServerOptions),
  users,
  anonymous: boolean,
  cbs: (value, name) => {
    object(value, name)
    checkOptions(name, value, CBS_CHECKS)
  },
  maxFrameSize: integer(512, 0xffffffff),
  idleTimeoutMs: integer(0, 0x7fffffff),
  autoCreate: boolean,
  maxMessageSize: integer(1),
  credit: integer(1, 0x7fffffff),
  maxDeliveryCount: integer(1),
  serviceBus: serviceBusOption,
  tracer: object,
  clock: object,
}

const QUEUE_CHECKS: Readonly<Record<string, OptionCheck>> = {
  maxDeliveryCount: integer(1),
  serviceBus: serviceBusOption,
  answer: oneOf('accepted', 'rejected', 'released', 'modified', 'none'),
}

export function brokerSettings(options: BrokerOptions): BrokerSettings {
  checkOptions('EmbeddedBroker', options, BROKER_CHECKS)
  const { users, anonymous = users === undefined, tls } = options
  const certificates = tls?.requestCert === true
  if (!anonymous && users === undefined && !certificates && options.cbs === undefined) {
    throw new TypeError('EmbeddedBroker: nobody could log in: anonymous is false, and there are no users')
  }
  return {
    users,
    anonymous,
    cbs: options.cbs,
    certificates,
    maxFrameSize: options.maxFrameSize ?? MAX_FRAME_SIZE_BYTES,
    idleTimeoutMs: options.idleTimeoutMs ?? 0,
    autoCreate: options.autoCreate ?? true,
    maxMessageSize: options.maxMessageSize,
    credit: options.credit ?? DEFAULT_CREDIT,
    maxDeliveryCount: options.maxDeliveryCount,
    serviceBus: options.serviceBus,
    tracer: options.tracer,
    clock: options.clock ?? realClock,
  }
}

/** Undefined: WebSockets are not served. */
export function webSocketOptions({ webSocket }: BrokerOptions): BrokerWebSocketOptions | undefined {
  if (webSocket === true) return {}
  return webSocket === false ? undefined : webSocket
}

export function queueSettings(
  options: QueueOptions,
  broker: Pick<BrokerSettings, 'maxDeliveryCount' | 'serviceBus'>,
): QueueSettings {
  checkOptions('createQueue', options, QUEUE_CHECKS)
  const serviceBus = serviceBusSettings(options.serviceBus, broker.serviceBus)
  const most = serviceBus === undefined ? Number.POSITIVE_INFINITY : DEFAULT_MAX_DELIVERY_COUNT
  return {
    maxDeliveryCount: options.maxDeliveryCount ?? broker.maxDeliveryCount ?? most,
    answer: options.answer ?? 'accepted',
    serviceBus,
  }
}
