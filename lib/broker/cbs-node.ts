// The node `$cbs`: takes tokens in the dialect of Azure (a request, and a status in its answer) and in the form of the
// 1.0 draft (a message whose outcome tells).

import { AMQPError } from '../errors.js'
import { Message } from '../message/message.js'
import { AMQPInt } from '../types/wrappers.js'
import { pathOf } from './claim-book.js'
import type { NodeContext, NodeHandler } from './node.js'
import type { CbsOptions } from './options.js'
import { checkJwt, checkSas, type Verdict } from './token-check.js'

export const CBS_NODE = '$cbs'
/** Offered by brokers that take the form of the draft. */
export const CBS_CAPABILITY = 'AMQP_CBS_V1_0'

const SAS_TYPE = 'servicebus.windows.net:sastoken'
const ACCEPTED = 202
const BAD_REQUEST = 400
const UNAUTHORIZED = 401
const FORBIDDEN = 403
const TOO_MANY = 'there are too many claims on the connection'

export function cbsNode(options: CbsOptions): NodeHandler {
  return (request, context) => {
    const draft = options.draft === true && request.properties?.subject === 'set-token'
    return draft ? setToken(request, context, options) : putToken(request, context, options)
  }
}

function putToken(request: Message, { claims }: NodeContext, options: CbsOptions): Message {
  const { operation, type, name } = request.applicationProperties ?? {}
  const token = request.value
  if (operation !== 'put-token') return status(BAD_REQUEST, 'the operation is not put-token')
  if (typeof name !== 'string' || name === '') return status(BAD_REQUEST, 'the request names no audience')
  if (typeof token !== 'string') return status(BAD_REQUEST, 'the body is not a token')
  const verdict = check(String(type), token, name, claims?.nowMs ?? 0, options)
  if (verdict === undefined) return status(BAD_REQUEST, 'the type of the token is not known')
  if ('refused' in verdict) return status(UNAUTHORIZED, verdict.refused, 'amqp:unauthorized-access')
  if (claims?.put(pathOf(name), verdict.expiresAtMs) === false)
    return status(FORBIDDEN, TOO_MANY, 'amqp:resource-limit-exceeded')
  return status(ACCEPTED, 'Accepted')
}

/** A token of the draft is for the whole connection. */
function setToken(request: Message, { claims }: NodeContext, options: CbsOptions): undefined {
  const { 'token-type': type } = request.applicationProperties ?? {}
  const token = request.value
  const verdict =
    typeof token === 'string' && type === 'amqp:jwt'
      ? checkJwt(token, claims?.nowMs ?? 0, options)
      : { refused: 'the message holds no token of a known type' }
  if ('refused' in verdict) throw refusal('amqp:unauthorized-access', verdict.refused)
  if (claims?.put('', verdict.expiresAtMs) === false) throw refusal('amqp:resource-limit-exceeded', TOO_MANY)
}

function refusal(condition: string, description: string): AMQPError {
  return new AMQPError(description, { condition, description })
}

function check(
  type: string,
  token: string,
  audience: string,
  nowMs: number,
  options: CbsOptions,
): Verdict | undefined {
  if (type === SAS_TYPE) return checkSas(token, audience, nowMs, options)
  return type === 'jwt' || type === 'amqp:jwt' ? checkJwt(token, nowMs, options) : undefined
}

function status(code: number, description: string, condition?: string): Message {
  return new Message(null, {
    applicationProperties: {
      'status-code': new AMQPInt(code),
      'status-description': description,
      ...(condition === undefined ? undefined : { 'error-condition': condition }),
    },
  })
}
