// Every composite of the specification, found by its descriptor or its kind.

import type { AMQPErrorFields } from './amqp-error.js'
import { error } from './amqp-error.js'
import type { Composite } from './composite.js'
import { CompositeSet } from './composite-set.js'
import type { Reader } from './cursor.js'
import { readValue } from './decode.js'
import type { DeliveryState } from './delivery-states.js'
import * as states from './delivery-states.js'
import type { Header, Properties } from './sections.js'
import { header, properties } from './sections.js'
import type { SaslFrame } from './security.js'
import * as sasl from './security.js'
import type { LifetimePolicy, Source, Target } from './termini.js'
import * as termini from './termini.js'
import type { Coordinator, Declare, Discharge } from './transactions.js'
import { coordinator, declare, discharge } from './transactions.js'
import type { Performative } from './transport.js'
import * as transport from './transport.js'
import type { AMQPValue } from './wrappers.js'

/** A value of any composite type of the specification. */
export type AnyComposite =
  | Performative
  | AMQPErrorFields
  | Header
  | Properties
  | DeliveryState
  | Source
  | Target
  | LifetimePolicy
  | Coordinator
  | Declare
  | Discharge
  | SaslFrame

/** All 33 codecs, in the order of the specification's parts. */
export const COMPOSITES = [
  transport.open,
  transport.begin,
  transport.attach,
  transport.flow,
  transport.transfer,
  transport.disposition,
  transport.detach,
  transport.end,
  transport.close,
  error,
  header,
  properties,
  states.received,
  states.accepted,
  states.rejected,
  states.released,
  states.modified,
  termini.source,
  termini.target,
  termini.deleteOnClose,
  termini.deleteOnNoLinks,
  termini.deleteOnNoMessages,
  termini.deleteOnNoLinksOrMessages,
  coordinator,
  declare,
  discharge,
  states.declared,
  states.transactionalState,
  sasl.saslMechanisms,
  sasl.saslInit,
  sasl.saslChallenge,
  sasl.saslResponse,
  sasl.saslOutcome,
] as const

const KNOWN = new CompositeSet<AnyComposite>(COMPOSITES)

/** The next value: a composite as an object with its `kind`, anything else as `readValue` gives it. */
export function readComposite(r: Reader): AnyComposite | AMQPValue {
  return KNOWN.find(r)?.decode(r) ?? readValue(r)
}

/** The codec for a value with a `kind`; undefined when it is of no composite type. */
export function compositeOf(value: unknown): Composite<AnyComposite> | undefined {
  return KNOWN.of(value)
}
