// Options of a connection and of links, with units, defaults and checks; and the settings they come to.

import { MAX_FRAME_SIZE_BYTES, TransportType } from '../constants.js'
import type { SaslAuth } from '../sasl/mechanism.js'
import type { Tracer } from '../trace/tracer.js'
import { checkHttpProxy, type HttpProxyOptions } from '../transport/proxy-options.js'
import { checkTlsOptions, type TlsOptions } from '../transport/tls-options.js'
import type { Transport } from '../transport/transport.js'
import { checkWebSocketOptions, type WebSocketOptions } from '../transport/websocket-options.js'
import type { Fields } from '../types/maps.js'
import type { Clock } from '../util/clock.js'
import type { WaitOptions } from '../util/deferred.js'
import {
  callback,
  duration,
  integer,
  type OptionCheck,
  object,
  oneOf,
  text,
  texts,
  WAIT_OPTIONS,
} from '../util/options.js'
import type { Authenticator } from './authenticator.js'

/** Options of {@link Connection.connect}. */
export interface ConnectionOptions {
  /** Who we are: by SASL, or by tokens too. Default: SASL PLAIN with user and password of the URL, else ANONYMOUS. */
  readonly auth?: SaslAuth | Authenticator | undefined
  /** Our container-id [2.4.1]. Default: a random one. */
  readonly containerId?: string | undefined
  /** Virtual host to name in `open` and to SASL. Default: the host of the URL. */
  readonly hostname?: string | undefined
  /** Largest frame we take, in bytes, from 512. Default: 65536. */
  readonly maxFrameSize?: number | undefined
  /** Highest channel number, that is sessions less one. Default: 1023. */
  readonly channelMax?: number | undefined
  /** Give the connection up when nothing came for so long; half of it is announced to the peer. Default: 60 000; 0: never. */
  readonly idleTimeoutMs?: number | undefined
  /** For each step of setting up: connecting, opening. Default: 30 000. */
  readonly connectTimeoutMs?: number | undefined
  /** Connection properties to tell the peer. */
  readonly properties?: Fields | undefined
  readonly offeredCapabilities?: readonly string[] | undefined
  readonly desiredCapabilities?: readonly string[] | undefined
  /** For `amqps://` and `wss://`. */
  readonly tls?: TlsOptions | undefined
  /**
   * TransportType.AmqpOverWebsocket makes `amqps://host/node` a WebSocket to `wss://host/$servicebus/websocket`
   * (another path: `webSocket.path`), on port 443 unless the URL names another than 5671. Default: as the URL says.
   */
  readonly transportType?: TransportType | undefined
  /**
   * For WebSockets. Of a `ws://` or `wss://` URL the server is asked for the path as it is written; the node's address is
   * the option `address` of a client, else the path, too. With `webSocket.path` the path is the node's address alone.
   */
  readonly webSocket?: WebSocketOptions | undefined
  /** Connect by way of this HTTP proxy. */
  readonly httpProxy?: HttpProxyOptions | undefined
  /** Largest message that receivers take, in bytes. Default: 104 857 600 (100 MiB). */
  readonly maxMessageSize?: number | undefined
  /** Told of every frame. Default: as `AMQP1_TRACE` says. */
  readonly tracer?: Tracer | undefined
  /** Brings its own transport instead of the one that the URL names: tests, in-memory brokers, tunnels. */
  readonly transport?: ((wait: WaitOptions) => Promise<Transport>) | undefined
  /**
   * First transfer-id, delivery-id and delivery-count of every session. Default: 0, as rhea 3 loses the connection when
   * these wrap at 2^32; the brokers that this library is tested with take any number.
   */
  readonly initialId?: number | undefined
  /** Time as the connection sees it. Default: the real one. */
  readonly clock?: Clock | undefined
}

/** Is it of either kind of credentials? */
export function isAuth(value: unknown): value is SaslAuth | Authenticator {
  const auth = value as Partial<SaslAuth & Authenticator> | null | undefined
  const isSasl = Array.isArray(auth?.mechanisms) && typeof auth.create === 'function'
  return isSasl || typeof auth?.authorize === 'function'
}

function checkAuth(value: unknown, name: string): void {
  if (isAuth(value)) return
  throw new TypeError(`${name} must be credentials such as SASLPlain(user, password), or a token auth`)
}

/** Does it need more than SASL? */
export function isAuthenticator(auth: SaslAuth | Authenticator): auth is Authenticator {
  return 'authorize' in auth
}

export const CONNECTION_CHECKS: Readonly<Record<string, OptionCheck>> = {
  auth: checkAuth,
  containerId: text,
  hostname: text,
  maxFrameSize: integer(512, 0xffffffff),
  channelMax: integer(0, 65535),
  idleTimeoutMs: integer(0, 0x7fffffff),
  connectTimeoutMs: duration,
  properties: object,
  offeredCapabilities: texts,
  desiredCapabilities: texts,
  tls: (value) => checkTlsOptions(value as TlsOptions),
  transportType: oneOf(...Object.values(TransportType)),
  webSocket: (value) => checkWebSocketOptions(value as WebSocketOptions),
  httpProxy: (value) => {
    checkHttpProxy(value as HttpProxyOptions)
  },
  maxMessageSize: integer(1),
  tracer: object,
  transport: callback,
  initialId: integer(0, 0xffffffff),
  clock: object,
}

export const DEFAULT_CHANNEL_MAX = 1023
export const DEFAULT_IDLE_TIMEOUT_MS = 60_000
export const DEFAULT_CONNECT_TIMEOUT_MS = 30_000
export const DEFAULT_MAX_MESSAGE_SIZE = 104_857_600
/** How long closing may take before the transport is simply shut. */
export const CLOSE_TIMEOUT_MS = 5_000
export const DEFAULT_MAX_FRAME_SIZE: number = MAX_FRAME_SIZE_BYTES

/** Options that senders and receivers share. */
export interface LinkSettings extends WaitOptions {
  /** Name of the link [2.6.1]. Default: a random one. */
  readonly name?: string | undefined
  /** Link properties to tell the peer. */
  readonly properties?: Fields | undefined
  readonly offeredCapabilities?: readonly string[] | undefined
  readonly desiredCapabilities?: readonly string[] | undefined
}

export const LINK_CHECKS: Readonly<Record<string, OptionCheck>> = {
  ...WAIT_OPTIONS,
  name: text,
  properties: object,
  offeredCapabilities: texts,
  desiredCapabilities: texts,
}

/** Settle modes by the specification's names [2.8.2, 2.8.3]. */
export type SndSettleMode = 'unsettled' | 'settled' | 'mixed'
export type RcvSettleMode = 'first' | 'second'

export const SND_SETTLE_MODES: readonly SndSettleMode[] = ['unsettled', 'settled', 'mixed']
export const RCV_SETTLE_MODES: readonly RcvSettleMode[] = ['first', 'second']

export const MODE_CHECKS: Readonly<Record<string, OptionCheck>> = {
  sndSettleMode: oneOf(...SND_SETTLE_MODES),
  rcvSettleMode: oneOf(...RCV_SETTLE_MODES),
}
