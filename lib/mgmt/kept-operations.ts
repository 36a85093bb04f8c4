// The pairs of links to management nodes that clients of a connection share: one for each node, kept with the
// connection.

import type { Clock } from '../util/clock.js'
import { MgmtOperation } from './mgmt-operation.js'
import type { LinkMaker } from './request-reply.js'

const kept = new WeakMap<LinkMaker, Map<string, MgmtOperation>>()

/** The one MgmtOperation of a connection for a node. */
export function keptOperation(connection: LinkMaker, node: string, clock: Clock): MgmtOperation {
  let operations = kept.get(connection)
  if (operations === undefined) {
    operations = new Map()
    kept.set(connection, operations)
  }
  let operation = operations.get(node)
  if (operation === undefined) {
    operation = new MgmtOperation(connection, { node, clock })
    operations.set(node, operation)
  }
  return operation
}
