// What went wrong with a socket, said so that it helps: what was tried, what happened, what can be done, and
// whether trying again unchanged may. The platform's own error goes along as the cause.

import type { ConnectionPhase } from '../errors.js'
import { AMQPConnectionError } from '../errors.js'

/** What a code means for the user. */
type Meaning = readonly [text: string, retry: typeof RETRY | typeof GIVE_UP]

const RETRY = true
const GIVE_UP = false

const NO_WAY = 'no way leads there; check network and firewall'
const NOT_PERMITTED = 'the system does not permit it'
const UNKNOWN_ISSUER =
  'the issuer of its certificate is not trusted here; if it is the right one, name its certificate in tls.ca'
const NOT_OURS = 'it does not accept our certificate (tls.cert)'
const WANTS_MORE = 'it refuses the handshake; it may want a certificate of ours (tls.cert, tls.key)'
const NO_SHARED_VERSION = 'it shares no version of TLS with us'
const NO_PROXY = 'nobody listens there; check that the proxy is running, and its port'
const NO_TLS_PROXY = 'it does not speak TLS there; leave out httpProxy.tls'
const NO_HTTP = 'what answers there does not speak HTTP; check host and port'
const HANDSHAKE_CUT = 'it broke off the TLS handshake; check that this is its TLS port (5671 as a rule)'

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOTFOUND: ['there is no host of this name; check the spelling', GIVE_UP],
  EAI_AGAIN: ['the name server does not answer', RETRY],
  ECONNREFUSED: [
    'nobody listens there; check that the broker is running, and the port (5671 with TLS, 5672 without)',
    RETRY,
  ],
  ECONNRESET: ['the other end broke off the connection', RETRY],
  EPIPE: ['the other end had closed the connection', RETRY],
  ETIMEDOUT: ['the other end does not answer; check network and firewall', RETRY],
  EHOSTUNREACH: [NO_WAY, RETRY],
  ENETUNREACH: [NO_WAY, RETRY],
  EADDRINUSE: ['another process has this port', RETRY],
  EADDRNOTAVAIL: ['this machine has no such address, or no port left', RETRY],
  EACCES: [NOT_PERMITTED, GIVE_UP],
  EPERM: [NOT_PERMITTED, GIVE_UP],
  EINVAL: ['the system takes no such address', GIVE_UP],
  EAFNOSUPPORT: ['the system does not know this kind of address', GIVE_UP],
  CERT_HAS_EXPIRED: ['its certificate has expired', GIVE_UP],
  CERT_NOT_YET_VALID: ['its certificate is not valid yet; check the clock of this machine', GIVE_UP],
  CERT_REVOKED: ['its certificate was revoked', GIVE_UP],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'its certificate is self-signed; if it is the right one, name it in tls.ca',
    GIVE_UP,
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [UNKNOWN_ISSUER, GIVE_UP],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [UNKNOWN_ISSUER, GIVE_UP],
  UNABLE_TO_GET_ISSUER_CERT: [UNKNOWN_ISSUER, GIVE_UP],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [UNKNOWN_ISSUER, GIVE_UP],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'its certificate is for another name; connect by one that it holds, or say which to expect in tls.servername',
    GIVE_UP,
  ],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    'it does not speak TLS there; use its TLS port (5671 as a rule), or amqp:// for a connection without TLS',
    GIVE_UP,
  ],
}

/** What TLS says by alert or notices itself, by the end of the code that OpenSSL has for it. */
const TLS_MEANINGS: readonly (readonly [endOfCode: RegExp, text: string])[] = [
  [/(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE)$/, WANTS_MORE],
  [/(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_(UNKNOWN|EXPIRED|REVOKED))$/, NOT_OURS],
  [/(PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE)$/, NO_SHARED_VERSION],
]

/** The error for a connection that could not be made; the description may say more than the host. */
export function connectFailure(
  phase: ConnectionPhase,
  description: string,
  cause: unknown,
  host: string = description,
): AMQPConnectionError {
  return failure('could not connect to', 'connecting', phase, description, cause, host)
}

/** The error for a connection that was lost. */
export function lossFailure(description: string, cause: unknown): AMQPConnectionError {
  return failure('lost the connection to', 'talking to the peer', 'established', description, cause)
}

/** The error for an address that cannot be listened on. */
export function listenFailure(description: string, cause: unknown): AMQPConnectionError {
  return failure('could not listen on', 'listening', 'tcp', description, cause)
}

function failure(
  what: string,
  operation: string,
  phase: ConnectionPhase,
  description: string,
  cause: unknown,
  host: string = description,
): AMQPConnectionError {
  const code = codeOf(cause)
  const [text, retryable] = meaningOf(code, phase, cause)
  const shownCode = code === undefined ? '' : ` (${code})`
  return new AMQPConnectionError(`${what} ${description}: ${text}${shownCode}`, {
    phase: phaseOf(phase, code),
    retryable,
    context: { operation, host },
    cause,
  })
}

/** TLS 1.3 lets a client believe the handshake done before the server has judged its certificate. */
function phaseOf(phase: ConnectionPhase, code: string | undefined): ConnectionPhase {
  if (phase === 'proxy') return phase
  if (code === 'ENOTFOUND' || code?.startsWith('EAI_')) return 'dns'
  return code?.startsWith('ERR_SSL_') ? 'tls' : phase
}

function meaningOf(code: string | undefined, phase: ConnectionPhase, cause: unknown): Meaning {
  if (code === 'ECONNRESET' && phase === 'tls') return [HANDSHAKE_CUT, RETRY]
  if (code === 'ECONNREFUSED' && phase === 'proxy') return [NO_PROXY, RETRY]
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' && phase === 'proxy') return [NO_TLS_PROXY, GIVE_UP]
  if (code?.startsWith('HPE_')) return [NO_HTTP, GIVE_UP]
  const known = code === undefined ? undefined : MEANINGS[code]
  if (known !== undefined) return known
  const tls = TLS_MEANINGS.find(([endOfCode]) => code !== undefined && endOfCode.test(code))
  if (tls !== undefined) return [tls[1], GIVE_UP]
  const text = cause instanceof Error && cause.message !== '' ? cause.message : 'no reason is given'
  return [text, code?.startsWith('ERR_') || code?.startsWith('EAI_') ? GIVE_UP : RETRY]
}

/**
 * The code of a system error, or of the first in a list of attempts. What TLS finds wrong while it writes
 * comes as EPROTO, with OpenSSL's reason in the text only.
 */
function codeOf(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null) return undefined
  const { code, errors, message } = cause as { code?: unknown; errors?: unknown; message?: unknown }
  if (code === 'EPROTO') {
    const reason = /:SSL routines:[^:]*:([^:]+):/.exec(String(message))?.[1]
    if (reason !== undefined) return `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`
  }
  if (typeof code === 'string') return code
  return Array.isArray(errors) ? codeOf(errors[0]) : undefined
}
