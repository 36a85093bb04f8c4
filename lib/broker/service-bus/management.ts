// The node `<queue>/$management` of a Service Bus queue: requests and answers with a status (azure: management,
// section 3). Whatever a request holds, it is answered.

import { AMQPError } from '../../errors.js'
import { Message } from '../../message/message.js'
import type { InputFields } from '../../types/messaging.js'
import { AMQPInt, AMQPSymbol } from '../../types/wrappers.js'
import type { NodeHandler } from '../node.js'
import type { NodeFamily } from '../nodes.js'
import {
  MESSAGE_LOCK_LOST,
  MESSAGE_NOT_FOUND,
  NOT_ALLOWED,
  NOT_FOUND,
  NOT_IMPLEMENTED,
  refusal,
  SESSION_LOCK_LOST,
} from './conditions.js'
import { MESSAGE_OPERATIONS } from './operations.js'
import type { ServiceBusQueue } from './queue.js'
import { RequestFields } from './request-fields.js'
import { SESSION_OPERATIONS } from './session-operations.js'

const OPERATIONS = { ...MESSAGE_OPERATIONS, ...SESSION_OPERATIONS }
const OK = 200
const NO_CONTENT = 204
const BAD_REQUEST = 400
/** What is not here is a bad request. */
const STATUS: Readonly<Record<string, number>> = {
  [NOT_FOUND]: 404,
  [MESSAGE_NOT_FOUND]: 404,
  [MESSAGE_LOCK_LOST]: 410,
  [SESSION_LOCK_LOST]: 410,
  [NOT_IMPLEMENTED]: 501,
}

const ADDRESS = /^(.+)\/\$management$/is

/** The management nodes of all queues that `queueAt` finds. */
export function managementNodes(queueAt: (address: string) => ServiceBusQueue | undefined): NodeFamily {
  return (address) => {
    const [, name] = ADDRESS.exec(address) ?? []
    if (name === undefined || queueAt(name) === undefined) return undefined
    return managementNode(() => queueAt(name))
  }
}

/** `find` gives the queue as long as there is one. */
function managementNode(find: () => ServiceBusQueue | undefined): NodeHandler {
  return (request) => {
    try {
      const body = carryOut(request, find())
      return body === undefined
        ? answer(NO_CONTENT, 'there is nothing to be had', null)
        : answer(OK, 'OK', body)
    } catch (error) {
      if (!(error instanceof AMQPError)) throw error
      const { condition = NOT_ALLOWED } = error
      return answer(STATUS[condition] ?? BAD_REQUEST, error.description ?? error.message, null, condition)
    }
  }
}

function carryOut(request: Message, queue: ServiceBusQueue | undefined): InputFields | undefined {
  if (queue === undefined) throw refusal(NOT_FOUND, 'the queue is gone')
  const { operation } = request.applicationProperties ?? {}
  const name = typeof operation === 'string' ? operation : ''
  const carry = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined
  if (carry === undefined) throw refusal(NOT_IMPLEMENTED, `there is no operation "${name}" here`)
  return carry(queue, new RequestFields(request.value))
}

function answer(status: number, description: string, body: InputFields | null, condition?: string): Message {
  return new Message(body, {
    applicationProperties: {
      statusCode: new AMQPInt(status),
      statusDescription: description,
      ...(condition === undefined ? undefined : { errorCondition: new AMQPSymbol(condition) }),
    },
  })
}
