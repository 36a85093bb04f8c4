// The two ends of a link [3.5]: what a user says of the node that messages come from, or go to. A field that is
// undefined is not sent, and means its default.

import { STRING_FILTER } from '../constants.js'
import type { Input } from '../types/composite.js'
import type { InputFields, Outcome, Source as SourceType, Target as TargetType } from '../types/messaging.js'
import type { AMQPInput } from '../types/wrappers.js'
import { AMQPDescribed, AMQPSymbol, AMQPuLong } from '../types/wrappers.js'
import {
  takeBoolean,
  takeFields,
  takeInteger,
  takeOneOf,
  takeRecord,
  takeString,
  takeSymbol,
  takeSymbols,
  takeUint,
  wrong,
} from './checks.js'

const EXPIRY_POLICIES = ['link-detach', 'session-end', 'connection-close', 'never']
const OUTCOMES = ['accepted', 'rejected', 'released', 'modified', 'declared']

/** What a {@link Source} is made of: its fields, of which capabilities and outcomes may be single ones. */
export type SourceFields = Fields<SourceType, 'outcomes' | 'capabilities'>
/** What a {@link Target} is made of: its fields, of which capabilities may be a single one. */
export type TargetFields = Fields<TargetType, 'capabilities'>

type Fields<T extends SourceType | TargetType, M extends keyof T> = Omit<Input<T>, M> & {
  readonly [K in M]?: string | readonly string[] | undefined
}

const TERMINUS_FIELDS = {
  address: takeString,
  durable: (value: unknown, owner: string, name: string): number => takeInteger(value, owner, name, 2),
  expiryPolicy: (value: unknown, owner: string, name: string): string =>
    takeOneOf(value, owner, name, EXPIRY_POLICIES),
  timeout: takeUint,
  dynamic: takeBoolean,
  dynamicNodeProperties: takeRecord,
  capabilities: takeSymbols,
}

const SOURCE_FIELDS = {
  ...TERMINUS_FIELDS,
  distributionMode: takeSymbol,
  filter: takeRecord,
  defaultOutcome: takeOutcome,
  outcomes: takeSymbols,
}

/** What source and target have in common. */
abstract class Terminus {
  /** The node's address, as it goes over the wire. */
  address: string | undefined
  /** What of the terminus is kept durably: 0 nothing (the default), 1 configuration, 2 unsettled state too. */
  durable: number | undefined
  /** When its timeout starts to run: `link-detach`, `session-end` (the default), `connection-close` or `never`. */
  expiryPolicy: string | undefined
  /** Seconds that it lives from then on. Default 0. */
  timeout: number | undefined
  /** Asks the peer to make a node, whose address its answer tells; no address is given then. */
  dynamic: boolean | undefined
  /** For the node to be made, e.g. `lifetime-policy`. */
  dynamicNodeProperties: Input<SourceType>['dynamicNodeProperties']
  /** What is asked of the node, e.g. `queue`, `topic`, `shared`. */
  capabilities: readonly string[] | undefined

  constructor() {
    this.address = undefined
    this.durable = undefined
    this.expiryPolicy = undefined
    this.timeout = undefined
    this.dynamic = undefined
    this.dynamicNodeProperties = undefined
    this.capabilities = undefined
  }
}

/** Where messages come from [3.5.3]. */
export class Source extends Terminus {
  /** `move` to take the messages from the node, `copy` to look at them. Default: as the node has it. */
  distributionMode: string | undefined
  /** Filters by name, most of them described values; null for no filter of that name. */
  filter: InputFields | undefined
  /** What becomes of a delivery that is settled without outcome. */
  defaultOutcome: Input<SourceType>['defaultOutcome']
  /** Symbols of the outcomes that may be chosen, e.g. `amqp:accepted:list`. Default: all. */
  outcomes: readonly string[] | undefined

  /**
   * @param address the address, or any of the fields
   * @throws TypeError or RangeError naming the field that is unknown or cannot be
   */
  constructor(address?: string | SourceFields) {
    super()
    this.distributionMode = undefined
    this.filter = undefined
    this.defaultOutcome = undefined
    this.outcomes = undefined
    takeFields(this, fieldsOf(address), SOURCE_FIELDS, 'source')
  }

  /**
   * Sets the filter of one name; those of other names stay.
   * @param value what to filter by; null for no filter of that name
   * @param name default `apache.org:selector-filter:string`
   * @param descriptor of the value: a symbol, or a number as a bigint; null for none. Default as that of `name`
   */
  setFilter(
    value: AMQPInput,
    name = STRING_FILTER,
    descriptor: string | bigint | null = STRING_FILTER,
  ): void {
    this.filter = { ...this.filter, [name]: described(value, descriptor) }
  }

  /** The value of the filter of one name, without its descriptor; undefined when there is none. */
  getFilter(name = STRING_FILTER): AMQPInput {
    const { filter } = this
    const value = filter !== undefined && Object.hasOwn(filter, name) ? filter[name] : undefined
    return value instanceof AMQPDescribed ? (value.value as AMQPInput) : value
  }
}

/** Where messages go [3.5.4]. */
export class Target extends Terminus {
  /**
   * @param address the address, or any of the fields
   * @throws TypeError or RangeError naming the field that is unknown or cannot be
   */
  constructor(address?: string | TargetFields) {
    super()
    takeFields(this, fieldsOf(address), TERMINUS_FIELDS, 'target')
  }
}

function fieldsOf(given: unknown): unknown {
  if (given === undefined) return {}
  return typeof given === 'string' ? { address: given } : given
}

function described(value: AMQPInput, descriptor: string | bigint | null): AMQPInput {
  if (value === null || value === undefined || descriptor === null) return value
  const code = typeof descriptor === 'string' ? new AMQPSymbol(descriptor) : new AMQPuLong(descriptor)
  return new AMQPDescribed(code, value)
}

function takeOutcome(value: unknown, owner: string, name: string): Outcome | AMQPDescribed {
  if (value instanceof AMQPDescribed) return value
  if (typeof value !== 'object' || value === null || !('kind' in value))
    throw wrong(value, owner, name, 'an outcome')
  takeOneOf(value.kind, owner, `${name}.kind`, OUTCOMES)
  return value as Outcome
}
