// Management requests [AMQP Management 1.0]: operation and type in the application properties, a status like HTTP's in
// the answer, in either of the spellings that brokers use.

import { MgmtError } from '../errors.js'
import { Message, type MessageInput } from '../message/message.js'
import type { AMQPInput } from '../types/wrappers.js'
import type { Clock } from '../util/clock.js'
import type { WaitOptions } from '../util/deferred.js'
import { checkOptions, type OptionCheck, object, text, WAIT_OPTIONS } from '../util/options.js'
import type { LinkMaker } from './link-maker.js'
import { RequestReply } from './request-reply.js'

export { DEFAULT_REQUEST_TIMEOUT_MS } from './request-reply.js'

/** Node that is asked unless another is named. */
export const MGMT_TARGET = '$management'

export interface MgmtOperationOptions {
  /** Address of the management node. Default: `$management`. */
  readonly node?: string | undefined
  /** Application property of the answer that holds the status. Default: `statusCode`, then `status-code`. */
  readonly statusCodeField?: string | undefined
  /** Application property that holds its description. Default: `statusDescription`, then `status-description`. */
  readonly descriptionField?: string | undefined
  /** Time as the operations see it. Default: the real one. */
  readonly clock?: Clock | undefined
}

/** Options of one operation. */
export interface MgmtExecuteOptions extends WaitOptions {
  /** As in {@link MgmtOperationOptions}, for this operation. */
  readonly statusCodeField?: string | undefined
  /** As in {@link MgmtOperationOptions}, for this operation. */
  readonly descriptionField?: string | undefined
  /** Further application properties of the request, such as `name`, `locales` or `security_token`. */
  readonly applicationProperties?: Readonly<Record<string, AMQPInput>> | undefined
}

/** A good answer. */
export interface MgmtResult {
  /** 200 to 299. */
  readonly status: number
  readonly description: string | undefined
  /** The answer whole: its body is the result. */
  readonly message: Message
}

const MGMT_CHECKS: Readonly<Record<string, OptionCheck>> = {
  node: text,
  statusCodeField: text,
  descriptionField: text,
  clock: object,
}

export const EXECUTE_CHECKS: Readonly<Record<string, OptionCheck>> = {
  ...WAIT_OPTIONS,
  applicationProperties: object,
  statusCodeField: text,
  descriptionField: text,
}

const STATUS_FIELDS = ['statusCode', 'status-code']
const DESCRIPTION_FIELDS = ['statusDescription', 'status-description']
const CONDITION_FIELDS = ['errorCondition', 'error-condition']

export class MgmtOperation {
  private readonly requests: RequestReply
  private readonly options: MgmtOperationOptions

  /** @param links a Connection or a Session, which is left open by `close` */
  constructor(links: LinkMaker, options: MgmtOperationOptions = {}) {
    checkOptions('MgmtOperation', options, MGMT_CHECKS)
    this.requests = new RequestReply(links, options.node ?? MGMT_TARGET, { clock: options.clock })
    this.options = options
  }

  /** Address of the management node. */
  get node(): string {
    return this.requests.node
  }

  /** Attaches both links; implied by the first operation. */
  open(): Promise<void> {
    return this.requests.open()
  }

  /**
   * Has an operation done. `type` is the type of the entity; undefined leaves it out. `timeoutMs` is 60 000 by default.
   * Rejects with MgmtError when the status is not 2xx or none came, and as `RequestReply.request` does.
   */
  async execute(
    operation: string,
    type: string | undefined,
    message: MessageInput,
    options: MgmtExecuteOptions = {},
  ): Promise<MgmtResult> {
    text(operation, 'execute: operation')
    if (type !== undefined) text(type, 'execute: type')
    checkOptions('execute', options, EXECUTE_CHECKS)
    const request = Message.from(message).copy()
    request.applicationProperties = {
      ...request.applicationProperties,
      ...options.applicationProperties,
      operation,
      ...(type === undefined ? undefined : { type }),
    }
    const answer = await this.requests.request(request, {
      signal: options.signal,
      timeoutMs: options.timeoutMs,
    })
    return this.result(operation, answer, options)
  }

  private result(operation: string, answer: Message, options: MgmtExecuteOptions): MgmtResult {
    const { statusCodeField, descriptionField } = this.options
    const status = statusOf(property(answer, STATUS_FIELDS, options.statusCodeField ?? statusCodeField))
    const description = property(answer, DESCRIPTION_FIELDS, options.descriptionField ?? descriptionField)
    const said = description === undefined ? undefined : String(description)
    if (status !== undefined && status >= 200 && status < 300)
      return { status, description: said, message: answer }
    const condition = property(answer, CONDITION_FIELDS)
    throw new MgmtError(failure(operation, this.node, status, said), {
      statusCode: status,
      condition: condition === undefined ? undefined : String(condition),
      description: said,
      retryable: status === 408 || status === 500 || status === 503,
      context: { operation: `management operation ${operation}`, address: this.node },
    })
  }

  /** Closes both links; operations under way reject. Closing twice is harmless. */
  close(options: WaitOptions = {}): Promise<void> {
    return this.requests.close(options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** The application property of this name; without a name, the first of the usual ones that is there. */
function property(message: Message, usual: readonly string[], own?: string): AMQPInput {
  for (const name of own === undefined ? usual : [own]) {
    const value = message.applicationProperties?.[name]
    if (value !== undefined && value !== null) return value
  }
  return undefined
}

/** Any integer is a status, and one that comes as text; anything else is none. */
function statusOf(value: AMQPInput): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') return undefined
  const status = value === '' ? Number.NaN : Number(value)
  return Number.isInteger(status) ? status : undefined
}

function failure(
  operation: string,
  node: string,
  status: number | undefined,
  description: string | undefined,
): string {
  const what = `"${node}" did not do ${operation}`
  if (status === undefined) return `${what}: its answer has no status`
  return `${what}: status ${status}${description === undefined ? '' : `, ${description}`}`
}
