// From the first byte to the exchange of open [2.2, 5.3]: protocol headers, SASL, protocol header.
// Stages, each of which takes one input and answers the next stage; both roles.

import { AMQPConnectionError, AuthenticationError } from '../errors.js'
import {
  type SaslFrame,
  saslChallenge,
  saslInit,
  saslMechanisms,
  saslOutcome,
  saslResponse,
} from '../types/security.js'
import { toHex } from '../util/bytes.js'
import type { Wire } from './wire.js'

const AMQP_HEADER = Uint8Array.of(0x41, 0x4d, 0x51, 0x50, 0, 1, 0, 0)
const SASL_HEADER = Uint8Array.of(0x41, 0x4d, 0x51, 0x50, 3, 1, 0, 0)

/** What is awaited next. */
export type Stage = 'sasl-header' | 'sasl' | 'amqp-header' | 'frames'

/** What the handshake asks its owner, who knows mechanisms and passwords. The answers are methods of the handshake. */
export interface SaslListener {
  /** As client: answer with `init`. */
  onMechanisms(offered: readonly string[]): void
  /** As client: answer with `respond`. */
  onChallenge(challenge: Uint8Array): void
  /** As client: throws an AuthenticationError when the server failed to prove itself. */
  onSuccess(additionalData: Uint8Array | undefined): void
  /** As server: answer with `challenge` or `outcome`. */
  onInit(mechanism: string, response: Uint8Array | undefined, hostname: string | undefined): void
  /** As server: answer with `challenge` or `outcome`. */
  onResponse(response: Uint8Array): void
}

export interface HandshakeOptions {
  readonly role: 'client' | 'server'
  /** Client: whether to authenticate by SASL. Server: the mechanisms offered; none: no SASL layer. */
  readonly mechanisms: readonly string[]
  /** Server: serve clients that skip the SASL layer. */
  readonly allowNoSasl: boolean
  /** Client: host named to the server in `sasl-init`. */
  readonly hostname: string | undefined
}

export class Handshake {
  stage: Stage
  private readonly wire: Wire
  private readonly options: HandshakeOptions
  private readonly listener: SaslListener
  private readonly onReady: () => void
  /** As client: the mechanism that `sasl-init` named; empty before. */
  private mechanism = ''
  /** As server: what the client may send now; nothing while its answer is being found. */
  private due: 'sasl-init' | 'sasl-response' | 'nothing' = 'sasl-init'

  constructor(wire: Wire, options: HandshakeOptions, listener: SaslListener, onReady: () => void) {
    this.wire = wire
    this.options = options
    this.listener = listener
    this.onReady = onReady
    this.stage = this.sasl ? 'sasl-header' : 'amqp-header'
  }

  private get sasl(): boolean {
    return this.options.mechanisms.length > 0
  }

  private get client(): boolean {
    return this.options.role === 'client'
  }

  /** The client speaks first. */
  start(): void {
    if (this.client) this.sendHeader(this.stage === 'sasl-header' ? SASL_HEADER : AMQP_HEADER)
  }

  onHeader(header: Uint8Array): void {
    this.wire.tracer?.frame?.('in', 0, () => `header ${describeHeader(header)}`)
    this.stage = this.client ? this.clientHeader(header) : this.serverHeader(header)
    if (this.stage === 'frames') this.onReady()
  }

  private clientHeader(header: Uint8Array): Stage {
    const sent = this.stage === 'sasl-header' ? SASL_HEADER : AMQP_HEADER
    if (!same(header, sent)) throw headerError(header, sent)
    return this.stage === 'sasl-header' ? 'sasl' : 'frames'
  }

  private serverHeader(header: Uint8Array): Stage {
    if (this.stage === 'sasl-header' && same(header, SASL_HEADER)) {
      this.sendHeader(SASL_HEADER)
      this.wire.write(0, saslMechanisms, { saslServerMechanisms: [...this.options.mechanisms] }, 1)
      return 'sasl'
    }
    const mayStart = this.stage === 'amqp-header' || this.options.allowNoSasl
    if (mayStart && same(header, AMQP_HEADER)) {
      this.sendHeader(AMQP_HEADER)
      return 'frames'
    }
    const wanted = this.stage === 'amqp-header' ? AMQP_HEADER : SASL_HEADER
    this.sendHeader(wanted)
    throw headerError(header, wanted)
  }

  private sendHeader(header: Uint8Array): void {
    this.wire.output.raw(header)
    this.wire.tracer?.frame?.('out', 0, () => `header ${describeHeader(header)}`)
    this.wire.changed()
  }

  // --- SASL frames

  onSaslFrame(frame: SaslFrame): void {
    if (this.client) this.clientFrame(frame)
    else this.serverFrame(frame)
  }

  private clientFrame(frame: SaslFrame): void {
    const asked = this.mechanism !== ''
    if (asked === (frame.kind === 'sasl-mechanisms')) throw outOfPlace(frame.kind)
    if (frame.kind === 'sasl-mechanisms') this.listener.onMechanisms(frame.saslServerMechanisms)
    else if (frame.kind === 'sasl-challenge') this.listener.onChallenge(frame.challenge)
    else if (frame.kind === 'sasl-outcome') this.onOutcome(frame.code, frame.additionalData)
    else throw outOfPlace(frame.kind)
  }

  private onOutcome(code: number, additionalData: Uint8Array | undefined): void {
    if (code !== 0) throw outcomeError(code, this.mechanism, this.options.hostname)
    this.listener.onSuccess(additionalData)
    this.stage = 'amqp-header'
    this.sendHeader(AMQP_HEADER)
  }

  private serverFrame(frame: SaslFrame): void {
    if (frame.kind !== this.due) throw outOfPlace(frame.kind)
    this.due = 'nothing'
    if (frame.kind === 'sasl-init')
      this.listener.onInit(frame.mechanism, frame.initialResponse, frame.hostname)
    else if (frame.kind === 'sasl-response') this.listener.onResponse(frame.response)
  }

  init(mechanism: string, initialResponse: Uint8Array | undefined): void {
    this.mechanism = mechanism
    this.wire.write(0, saslInit, { mechanism, initialResponse, hostname: this.options.hostname }, 1)
  }

  respond(response: Uint8Array): void {
    this.wire.write(0, saslResponse, { response }, 1)
  }

  challenge(challenge: Uint8Array): void {
    this.due = 'sasl-response'
    this.wire.write(0, saslChallenge, { challenge }, 1)
  }

  /** As server: the end of SASL. After anything but 0 the transport is to be shut. */
  outcome(code: number, additionalData?: Uint8Array): void {
    this.wire.write(0, saslOutcome, { code, additionalData }, 1)
    if (code === 0) this.stage = 'amqp-header'
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i])
}

function describeHeader(h: Uint8Array): string {
  const name = String.fromCharCode(...h.subarray(0, 4))
  return /^[\x20-\x7e]{4}$/.test(name) ? `"${name}" ${h.subarray(4).join(' ')}` : toHex(h)
}

function headerError(got: Uint8Array, wanted: Uint8Array): AMQPConnectionError {
  let hint = 'it does not speak AMQP 1.0'
  if (same(got, SASL_HEADER)) hint = 'it requires SASL'
  else if (same(got, AMQP_HEADER)) hint = 'it speaks AMQP 1.0 without SASL'
  else if (got[0] === 0x15 || got[0] === 0x16) hint = 'it seems to want TLS: use amqps://'
  else if (got[0] === 0x48) hint = 'it seems to be an HTTP server'
  const text = `The peer answered protocol header ${describeHeader(wanted)} with ${describeHeader(got)}: ${hint}`
  return new AMQPConnectionError(text, {
    phase: wanted === SASL_HEADER ? 'sasl' : 'open',
    code: 'AMQP_PROTOCOL_HEADER',
  })
}

const OUTCOMES = ['ok', 'auth', 'sys', 'sys-perm', 'sys-temp']

function outcomeError(code: number, mechanism: string, host: string | undefined): AuthenticationError {
  const at = host === undefined ? '' : ` at ${host}`
  const why = code === 1 ? 'the credentials were refused' : 'the server failed to check the credentials'
  const text = `Authentication by ${mechanism}${at} failed: ${why} (sasl-outcome ${code} ${OUTCOMES[code] ?? 'unknown'})`
  return new AuthenticationError(text, {
    outcomeCode: code,
    condition: 'amqp:unauthorized-access',
    retryable: code === 2 || code === 4,
    context: { operation: 'authenticating', host },
  })
}

function outOfPlace(kind: string): AMQPConnectionError {
  return new AMQPConnectionError(`The peer sent ${kind} out of place`, {
    phase: 'sasl',
    condition: 'amqp:illegal-state',
  })
}
