// Every error the library gives, and the conditions of the specification as constants.
// Errors hold facts (what, where, what the peer said, whether trying again can help), never live objects.

/** What was being done, and where. Every part is optional and plain text. */
export interface ErrorContext {
  /** What was being done, in words: "sending a message", "attaching a receiver". */
  readonly operation?: string | undefined
  /** Wire address of the link concerned. */
  readonly address?: string | undefined
  readonly linkName?: string | undefined
  /** Host and port of the peer. */
  readonly host?: string | undefined
  /** Delivery tag in hexadecimal. */
  readonly deliveryTag?: string | undefined
}

/** What an {@link AMQPError} is made of beside its message. */
export interface AMQPErrorDetails {
  readonly code?: string | undefined
  readonly condition?: string | undefined
  readonly description?: string | undefined
  readonly info?: Readonly<Record<string, unknown>> | undefined
  readonly retryable?: boolean | undefined
  readonly inDoubt?: boolean | undefined
  readonly context?: ErrorContext | undefined
  readonly cause?: unknown
}

/** Base of every error of this library. */
export class AMQPError extends Error {
  /** Stable identifier, `AMQP_…`. */
  readonly code: string
  /** Error condition said by the peer, or by us to the peer [2.8.15], e.g. `amqp:not-found`. */
  readonly condition: string | undefined
  /** The peer's own words for the condition. */
  readonly description: string | undefined
  /** Further information the peer gave with the condition. */
  readonly info: Readonly<Record<string, unknown>> | undefined
  /** True when the same operation may succeed if tried again unchanged. */
  readonly retryable: boolean
  /** True when a message may have been accepted although no answer came. */
  readonly inDoubt: boolean
  readonly context: ErrorContext

  constructor(message: string, details: AMQPErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = details.code ?? 'AMQP_ERROR'
    this.condition = details.condition
    this.description = details.description
    this.info = details.info
    this.retryable = details.retryable ?? false
    this.inDoubt = details.inDoubt ?? false
    this.context = details.context ?? {}
  }
}

/** How far a connection had come when it failed. */
export type ConnectionPhase = 'dns' | 'tcp' | 'proxy' | 'tls' | 'websocket' | 'sasl' | 'open' | 'established'

export interface AMQPConnectionErrorDetails extends AMQPErrorDetails {
  readonly phase: ConnectionPhase
}

/** The connection could not be made, or was lost. */
export class AMQPConnectionError extends AMQPError {
  readonly phase: ConnectionPhase
  constructor(message: string, details: AMQPConnectionErrorDetails) {
    super(message, { code: 'AMQP_CONNECTION', ...details })
    this.phase = details.phase
  }
}

/** The peer refused who we say we are. */
export class AuthenticationError extends AMQPConnectionError {
  /** SASL outcome code [5.3.3.6]: 1 auth, 2 sys, 3 sys-perm, 4 sys-temp; undefined when no mechanism fits. */
  readonly outcomeCode: number | undefined
  constructor(message: string, details: AMQPErrorDetails & { outcomeCode?: number | undefined } = {}) {
    super(message, { code: 'AMQP_AUTHENTICATION', phase: 'sasl', ...details })
    this.outcomeCode = details.outcomeCode
  }
}

/** The peer closed the connection. */
export class ConnectionClose extends AMQPConnectionError {
  constructor(message: string, details: AMQPErrorDetails = {}) {
    super(message, { code: 'AMQP_CONNECTION_CLOSE', phase: 'established', ...details })
  }
}

/** The session was ended. */
export class SessionEnd extends AMQPError {
  constructor(message: string, details: AMQPErrorDetails = {}) {
    super(message, { code: 'AMQP_SESSION_END', ...details })
  }
}

/** The link was detached. */
export class LinkDetach extends AMQPError {
  constructor(message: string, details: AMQPErrorDetails = {}) {
    super(message, { code: 'AMQP_LINK_DETACH', ...details })
  }
}

/** Where a peer says that something is to be found instead [2.8.16, 2.8.18]. What it did not say is undefined. */
export interface RedirectPlace {
  /** Host to name in `open` and to SASL at the new place. */
  readonly hostname: string | undefined
  /** DNS name or IP address to connect to. */
  readonly networkHost: string | undefined
  readonly port: number | undefined
}

function redirectPlace(info: AMQPErrorDetails['info']): RedirectPlace {
  const port = Number(infoText(info, 'port') ?? Number.NaN)
  return {
    hostname: infoText(info, 'hostname'),
    networkHost: infoText(info, 'network-host'),
    port: Number.isInteger(port) && port > 0 && port < 65536 ? port : undefined,
  }
}

/** Text or a number, in a wrapper or not; what is empty or of another type says nothing. */
function infoText(info: AMQPErrorDetails['info'], key: string): string | undefined {
  const said = info?.[key]
  const value = typeof said === 'object' && said !== null && 'value' in said ? said.value : said
  const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
  return isText && value !== '' ? String(value) : undefined
}

/** The peer closed the connection with `amqp:connection:redirect` [2.8.16]: connect to the place named instead. */
export class ConnectionRedirect extends ConnectionClose implements RedirectPlace {
  readonly hostname: string | undefined
  readonly networkHost: string | undefined
  readonly port: number | undefined
  constructor(message: string, details: AMQPErrorDetails = {}) {
    super(message, { code: 'AMQP_CONNECTION_REDIRECT', ...details })
    const place = redirectPlace(details.info)
    this.hostname = place.hostname
    this.networkHost = place.networkHost
    this.port = place.port
  }
}

/** The link was detached with `amqp:link:redirect` [2.8.18]: attach at the place named instead. */
export class LinkRedirect extends LinkDetach implements RedirectPlace {
  readonly hostname: string | undefined
  readonly networkHost: string | undefined
  readonly port: number | undefined
  /** Address of the node at the new place, as the peer said it: a plain one or, with some cloud services, a URL. */
  readonly address: string | undefined
  /** Scheme of an address that is a URL, e.g. `amqps`. */
  readonly scheme: string | undefined
  /** Path of an address that is a URL, without its first `/`. */
  readonly path: string | undefined
  constructor(message: string, details: AMQPErrorDetails = {}) {
    super(message, { code: 'AMQP_LINK_REDIRECT', ...details })
    const place = redirectPlace(details.info)
    this.hostname = place.hostname
    this.networkHost = place.networkHost
    this.port = place.port
    this.address = infoText(details.info, 'address')
    const [, scheme, path] = /^([a-z][a-z0-9+.-]*):\/\/[^/]*\/?(.*)$/is.exec(this.address ?? '') ?? []
    this.scheme = scheme?.toLowerCase()
    this.path = path
  }
}

/** Outcome names of the specification [3.4], or none when no outcome is known. */
export type OutcomeName = 'rejected' | 'released' | 'modified'

/** A message was not accepted: the peer said so (`outcome`), or it could not be sent, or its fate is unknown. */
export class MessageSendFailed extends AMQPError {
  /** What the peer made of the message; undefined when it never answered. */
  readonly outcome: OutcomeName | undefined
  constructor(message: string, details: AMQPErrorDetails & { outcome?: OutcomeName | undefined } = {}) {
    super(message, { code: 'AMQP_MESSAGE_SEND_FAILED', ...details })
    this.outcome = details.outcome
  }
}

/** The message was settled before, by us or by the peer. */
export class MessageAlreadySettled extends AMQPError {
  constructor(message: string, details: AMQPErrorDetails = {}) {
    super(message, { code: 'AMQP_MESSAGE_ALREADY_SETTLED', ...details })
  }
}

/** The message is larger than the link's max-message-size [2.7.3]. Nothing was sent. */
export class MessageContentTooLarge extends AMQPError {
  readonly sizeInBytes: number
  readonly limitInBytes: number
  constructor(message: string, details: AMQPErrorDetails & { sizeInBytes: number; limitInBytes: number }) {
    super(message, { code: 'AMQP_MESSAGE_TOO_LARGE', ...details })
    this.sizeInBytes = details.sizeInBytes
    this.limitInBytes = details.limitInBytes
  }
}

/** What is wrong with bytes that could not be decoded. */
export type DecodeErrorKind =
  | 'truncated'
  | 'size-exceeds-input'
  | 'size-too-small'
  | 'unknown-constructor'
  | 'odd-map-count'
  | 'count-mismatch'
  | 'count-exceeds-size'
  | 'count-exceeds-limit'
  | 'invalid-utf8'
  | 'invalid-boolean'
  | 'invalid-char'
  | 'invalid-symbol'
  | 'nesting-too-deep'
  | 'bad-frame-size'
  | 'bad-doff'
  | 'unknown-frame-type'
  | 'frame-too-large'
  | 'not-a-performative'
  | 'missing-mandatory'
  | 'wrong-field-type'
  | 'too-many-fields'
  | 'bad-protocol-header'
  | 'not-a-section'
  | 'trailing-bytes'

/** Bytes that are not what the specification says they should be. */
export class DecodeError extends AMQPError {
  readonly kind: DecodeErrorKind
  /** Offset of the offending byte, from the start of the input. */
  readonly offset: number
  constructor(kind: DecodeErrorKind, offset: number, message: string, details: AMQPErrorDetails = {}) {
    super(`${message} (${kind} at offset ${offset})`, {
      code: 'AMQP_DECODE',
      condition: 'amqp:decode-error',
      ...details,
    })
    this.kind = kind
    this.offset = offset
  }
}

/** A JavaScript value that no AMQP type can hold. */
export class EncodeError extends AMQPError {
  /** Where the value was found, e.g. `body.items[3].callback`. */
  readonly path: string
  constructor(path: string, message: string) {
    super(path === '' ? message : `${message} (at ${path})`, { code: 'AMQP_ENCODE' })
    this.path = path
  }
}

/** A wait ended by its `timeoutMs`. */
export class AMQPTimeoutError extends AMQPError {
  readonly timeoutMs: number
  constructor(message: string, details: AMQPErrorDetails & { timeoutMs: number }) {
    super(message, { code: 'AMQP_TIMEOUT', retryable: true, ...details })
    this.timeoutMs = details.timeoutMs
  }
}

/** A management node did not do what it was asked: its status is not 2xx, or it gave none. */
export class MgmtError extends AMQPError {
  /** Status like those of HTTP; undefined when the answer had none. */
  readonly statusCode: number | undefined
  constructor(message: string, details: AMQPErrorDetails & { statusCode: number | undefined }) {
    super(message, { code: 'AMQP_MGMT', ...details })
    this.statusCode = details.statusCode
  }
}

/** The peer refused a claim [CBS]: nothing that the claim is for can be used. */
export class TokenAuthFailure extends AuthenticationError {
  /** Status like those of HTTP. */
  readonly statusCode: number | undefined
  constructor(message: string, details: AMQPErrorDetails & { statusCode?: number | undefined } = {}) {
    super(message, { code: 'AMQP_TOKEN_AUTH', ...details })
    this.statusCode = details.statusCode
  }
}

/** A token has expired, and no new one could be had. */
export class TokenExpired extends AuthenticationError {
  constructor(message: string, details: AMQPErrorDetails = {}) {
    super(message, { code: 'AMQP_TOKEN_EXPIRED', ...details })
  }
}
