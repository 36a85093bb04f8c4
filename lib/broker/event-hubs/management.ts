// The management nodes of event hubs, `$management` and `<hub>/$management`: what is there to know of a hub and of a
// partition, by the operation READ. The request says which hub; what it lacks is told by a status, never by silence.

import { MGMT_TARGET, READ_OPERATION } from '../../constants.js'
import { AMQPError } from '../../errors.js'
import { Message } from '../../message/message.js'
import { AMQPArray, type AMQPInputObject, AMQPInt, AMQPLong, AMQPSymbol } from '../../types/wrappers.js'
import type { NodeContext, NodeHandler } from '../node.js'
import type { NodeFamily } from '../nodes.js'
import type { EventHub } from './hub.js'
import type { EventHubs } from './hubs.js'
import type { Partition } from './partition.js'
import { notFound, refusal } from './refusal.js'

const HUB_TYPE = 'com.microsoft:eventhub'
const PARTITION_TYPE = 'com.microsoft:partition'

const BAD_REQUEST = 400
const STATUS: Readonly<Record<string, number>> = {
  'amqp:unauthorized-access': 401,
  'amqp:not-found': 404,
  'amqp:not-implemented': 501,
}

/** `$management` is there as soon as there is a hub. */
export function hubManagement(hubs: EventHubs): NodeFamily {
  const handler: NodeHandler = (request, context) => answer(request, context, hubs)
  return (address) => {
    const path = address.replace(/^\//, '')
    if (path === MGMT_TARGET) return hubs.names.length > 0 ? handler : undefined
    const hub = path.endsWith(`/${MGMT_TARGET}`) ? path.slice(0, -MGMT_TARGET.length - 1) : ''
    return hubs.find(hub) === undefined ? undefined : handler
  }
}

function answer(request: Message, context: NodeContext, hubs: EventHubs): Message {
  try {
    return new Message(read(request, context, hubs), {
      applicationProperties: { statusCode: new AMQPInt(200), statusDescription: 'OK' },
    })
  } catch (error) {
    if (!(error instanceof AMQPError)) throw error
    return new Message(null, {
      applicationProperties: {
        statusCode: new AMQPInt(STATUS[error.condition ?? ''] ?? BAD_REQUEST),
        statusDescription: error.message,
        errorCondition: new AMQPSymbol(error.condition ?? 'com.microsoft:argument-error'),
      },
    })
  }
}

/** What is asked for. Throws an AMQPError with the condition when that cannot be told. */
function read(request: Message, { claims }: NodeContext, hubs: EventHubs): AMQPInputObject {
  const { operation, type, name, partition } = request.applicationProperties ?? {}
  if (operation !== READ_OPERATION)
    throw refusal('amqp:not-implemented', `the operation is not ${READ_OPERATION}`)
  if (typeof name !== 'string')
    throw refusal('com.microsoft:argument-error', 'the request names no event hub')
  if (claims?.covers(`${name}/${MGMT_TARGET}`) === false)
    throw refusal('amqp:unauthorized-access', `there is no claim in force for "${name}"`)
  const hub = hubs.find(name)
  if (hub === undefined) throw notFound(`event hub "${name}"`)
  if (type === HUB_TYPE) return hubFields(hub)
  if (type !== PARTITION_TYPE)
    throw refusal('com.microsoft:argument-error', `the type is neither ${HUB_TYPE} nor ${PARTITION_TYPE}`)
  if (typeof partition !== 'string')
    throw refusal('com.microsoft:argument-error', 'the request names no partition')
  return partitionFields(hub, hub.partition(partition))
}

function hubFields(hub: EventHub): AMQPInputObject {
  return {
    name: hub.name,
    type: HUB_TYPE,
    created_at: new Date(hub.createdAtMs),
    partition_count: new AMQPInt(hub.partitions.length),
    partition_ids: new AMQPArray(hub.partitionIds, 'string'),
    georeplication_factor: new AMQPInt(1),
  }
}

function partitionFields(hub: EventHub, partition: Partition): AMQPInputObject {
  const { last } = partition
  return {
    name: hub.name,
    type: PARTITION_TYPE,
    partition: partition.id,
    begin_sequence_number: new AMQPLong(partition.firstSequenceNumber),
    last_enqueued_sequence_number: new AMQPLong(partition.lastSequenceNumber),
    last_enqueued_offset: String(last?.offset ?? -1),
    last_enqueued_time_utc: new Date(last?.enqueuedAtMs ?? 0),
    is_partition_empty: last === undefined,
  }
}
