// Source and target of a link [3.5.3, 3.5.4] and the lifetime policies of dynamic nodes [3.5.10–3.5.13].

import { DESCRIBED } from './codes.js'
import { composite, MULTIPLE } from './composite.js'
import { oneOf } from './composite-set.js'
import { readValue } from './decode.js'
import type { Outcome } from './delivery-states.js'
import { OUTCOME } from './delivery-states.js'
import { writeValue } from './encode.js'
import type { FieldType } from './field-type.js'
import { ADDRESS } from './field-types.js'
import type { Fields } from './maps.js'
import { mapOf } from './maps.js'
import type { AMQPDescribed } from './wrappers.js'

/** The node goes when the link that made it is closed [3.5.10]. */
export interface DeleteOnClose {
  readonly kind: 'delete-on-close'
}
/** The node goes when no link is attached to it [3.5.11]. */
export interface DeleteOnNoLinks {
  readonly kind: 'delete-on-no-links'
}
/** The node goes when it holds no message [3.5.12]. */
export interface DeleteOnNoMessages {
  readonly kind: 'delete-on-no-messages'
}
/** The node goes when it has neither links nor messages [3.5.13]. */
export interface DeleteOnNoLinksOrMessages {
  readonly kind: 'delete-on-no-links-or-messages'
}

/** When a dynamically made node is deleted [3.5.9]. */
export type LifetimePolicy = DeleteOnClose | DeleteOnNoLinks | DeleteOnNoMessages | DeleteOnNoLinksOrMessages

/** Properties of a dynamic node [3.5.9]; `lifetime-policy` comes as a {@link LifetimePolicy}. */
export type NodeProperties = Readonly<Record<string, Fields[string] | LifetimePolicy>>

/** What source and target have in common. */
interface Terminus {
  readonly address?: string | undefined
  /** 0 none (the default), 1 configuration, 2 unsettled-state. */
  readonly durable?: number | undefined
  /** `link-detach`, `session-end` (the default), `connection-close` or `never`. */
  readonly expiryPolicy?: string | undefined
  /** Seconds that the terminus lives once its expiry policy has struck; default 0. */
  readonly timeout?: number | undefined
  /** Ask the peer for a node of our own. */
  readonly dynamic?: boolean | undefined
  readonly dynamicNodeProperties?: NodeProperties | undefined
  readonly capabilities?: readonly string[] | undefined
}

/** Where messages come from, and what the link wants of it [3.5.3]. */
export interface Source extends Terminus {
  readonly kind: 'source'
  /** `move` or `copy`; absent leaves it to the sender. */
  readonly distributionMode?: string | undefined
  /** Filters by name; each value a described one, or null for no filter of that name. */
  readonly filter?: Fields | undefined
  /** What a delivery gets that is settled without an outcome. */
  readonly defaultOutcome?: Outcome | AMQPDescribed | undefined
  /** Descriptor symbols of the outcomes that may be chosen; absent means all. */
  readonly outcomes?: readonly string[] | undefined
}

/** Where messages go [3.5.4]. */
export interface Target extends Terminus {
  readonly kind: 'target'
}

export const deleteOnClose = composite<DeleteOnClose>(
  'delete-on-close',
  0x2b,
  'amqp:delete-on-close:list',
  {},
)

export const deleteOnNoLinks = composite<DeleteOnNoLinks>(
  'delete-on-no-links',
  0x2c,
  'amqp:delete-on-no-links:list',
  {},
)

export const deleteOnNoMessages = composite<DeleteOnNoMessages>(
  'delete-on-no-messages',
  0x2d,
  'amqp:delete-on-no-messages:list',
  {},
)

export const deleteOnNoLinksOrMessages = composite<DeleteOnNoLinksOrMessages>(
  'delete-on-no-links-or-messages',
  0x2e,
  'amqp:delete-on-no-links-or-messages:list',
  {},
)

const LIFETIME_POLICY = oneOf<LifetimePolicy>('lifetime-policy', [
  deleteOnClose,
  deleteOnNoLinks,
  deleteOnNoMessages,
  deleteOnNoLinksOrMessages,
])

/** Properties of a node: a described value among them, as `lifetime-policy` has, may be a policy. */
const NODE_PROPERTIES: FieldType<NodeProperties> = mapOf<NodeProperties[string]>('node-properties', {
  decode(r, field) {
    const described = r.bytes[r.pos] === DESCRIBED
    return described ? (LIFETIME_POLICY.decode(r, field) as NodeProperties[string]) : readValue(r)
  },
  encode(w, value, path) {
    if (isLifetimePolicy(value)) LIFETIME_POLICY.encode(w, value, path)
    else writeValue(w, value, path)
  },
})

export const source = composite<Source>('source', 0x28, 'amqp:source:list', {
  address: ['*', ADDRESS],
  durable: ['terminus-durability'],
  expiryPolicy: ['terminus-expiry-policy'],
  timeout: ['seconds'],
  dynamic: ['boolean'],
  dynamicNodeProperties: [NODE_PROPERTIES],
  distributionMode: ['symbol'],
  filter: ['filter-set'],
  defaultOutcome: ['*', OUTCOME],
  outcomes: ['symbol', MULTIPLE],
  capabilities: ['symbol', MULTIPLE],
})

export const target = composite<Target>('target', 0x29, 'amqp:target:list', {
  address: ['*', ADDRESS],
  durable: ['terminus-durability'],
  expiryPolicy: ['terminus-expiry-policy'],
  timeout: ['seconds'],
  dynamic: ['boolean'],
  dynamicNodeProperties: [NODE_PROPERTIES],
  capabilities: ['symbol', MULTIPLE],
})

/** What a field that requires a source may hold. */
export const SOURCE: FieldType<Source | AMQPDescribed> = oneOf<Source>('source', [source])

function isLifetimePolicy(value: NodeProperties[string]): value is LifetimePolicy {
  return typeof value === 'object' && value !== null && 'kind' in value
}
