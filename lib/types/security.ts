// The frames of the SASL exchange [5.3.3].

import { DecodeError, EncodeError } from '../errors.js'
import { composite, MANDATORY, MULTIPLE } from './composite.js'
import { CompositeSet } from './composite-set.js'
import type { Reader, Writer } from './cursor.js'

/** What the server offers [5.3.3.1]. */
export interface SaslMechanisms {
  readonly kind: 'sasl-mechanisms'
  readonly saslServerMechanisms: readonly string[]
}

/** The client's choice and first words [5.3.3.2]. */
export interface SaslInit {
  readonly kind: 'sasl-init'
  readonly mechanism: string
  readonly initialResponse?: Uint8Array | undefined
  /** Host that the client believes it speaks to. */
  readonly hostname?: string | undefined
}

export interface SaslChallenge {
  readonly kind: 'sasl-challenge'
  readonly challenge: Uint8Array
}

export interface SaslResponse {
  readonly kind: 'sasl-response'
  readonly response: Uint8Array
}

/** How it ended [5.3.3.5]. */
export interface SaslOutcome {
  readonly kind: 'sasl-outcome'
  /** 0 ok, 1 auth, 2 sys, 3 sys-perm, 4 sys-temp. */
  readonly code: number
  readonly additionalData?: Uint8Array | undefined
}

export type SaslFrame = SaslMechanisms | SaslInit | SaslChallenge | SaslResponse | SaslOutcome

export const saslMechanisms = composite<SaslMechanisms>(
  'sasl-mechanisms',
  0x40,
  'amqp:sasl-mechanisms:list',
  {
    saslServerMechanisms: ['symbol', MULTIPLE, MANDATORY],
  },
)

export const saslInit = composite<SaslInit>('sasl-init', 0x41, 'amqp:sasl-init:list', {
  mechanism: ['symbol', MANDATORY],
  initialResponse: ['binary'],
  hostname: ['string'],
})

export const saslChallenge = composite<SaslChallenge>('sasl-challenge', 0x42, 'amqp:sasl-challenge:list', {
  challenge: ['binary', MANDATORY],
})

export const saslResponse = composite<SaslResponse>('sasl-response', 0x43, 'amqp:sasl-response:list', {
  response: ['binary', MANDATORY],
})

export const saslOutcome = composite<SaslOutcome>('sasl-outcome', 0x44, 'amqp:sasl-outcome:list', {
  code: ['sasl-code', MANDATORY],
  additionalData: ['binary'],
})

const SASL_FRAMES = new CompositeSet<SaslFrame>([
  saslMechanisms,
  saslInit,
  saslChallenge,
  saslResponse,
  saslOutcome,
])

/**
 * Reads the body of a SASL frame.
 * @throws DecodeError `not-a-performative` when it is anything else
 */
export function decodeSaslFrame(r: Reader): SaslFrame {
  const codec = SASL_FRAMES.find(r)
  if (codec === undefined)
    throw new DecodeError('not-a-performative', r.pos, 'the body of a SASL frame is none')
  return codec.decode(r)
}

/** Writes the body of a SASL frame. */
export function encodeSaslFrame(w: Writer, frame: SaslFrame): void {
  const codec = SASL_FRAMES.of(frame)
  if (codec === undefined) throw new EncodeError('kind', `${frame.kind} is no SASL frame`)
  codec.encode(w, frame)
}
