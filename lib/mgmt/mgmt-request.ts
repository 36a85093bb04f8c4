// Single requests to management nodes. Those who share a connection or a session share the pair of links to each node,
// which is kept with it.

import type { MessageInput } from '../message/message.js'
import type { Clock } from '../util/clock.js'
import { checkOptions, type OptionCheck, text } from '../util/options.js'
import type { LinkMaker } from './link-maker.js'
import {
  EXECUTE_CHECKS,
  MGMT_TARGET,
  type MgmtExecuteOptions,
  MgmtOperation,
  type MgmtResult,
} from './mgmt-operation.js'

/** Options of `mgmtRequest`. */
export interface MgmtRequestOptions extends MgmtExecuteOptions {
  /** Address of the management node. Default: `$management`. */
  readonly node?: string | undefined
  /** Type of the entity. Default: none is told. */
  readonly type?: string | undefined
}

const MGMT_REQUEST_CHECKS: Readonly<Record<string, OptionCheck>> = {
  ...EXECUTE_CHECKS,
  node: text,
  type: text,
}

export function checkMgmtRequest(operation: unknown, options: unknown): void {
  text(operation, 'mgmtRequest: operation')
  checkOptions('mgmtRequest', options, MGMT_REQUEST_CHECKS)
}

/** Asks over the pair of links that is kept for the node. */
export function mgmtRequest(
  links: LinkMaker,
  clock: Clock,
  message: MessageInput,
  operation: string,
  options: MgmtRequestOptions,
): Promise<MgmtResult> {
  const { node = MGMT_TARGET, type, ...execute } = options
  return keptOperation(links, node, clock).execute(operation, type, message, execute)
}

const kept = new WeakMap<LinkMaker, Map<string, MgmtOperation>>()

function keptOperation(links: LinkMaker, node: string, clock: Clock): MgmtOperation {
  let operations = kept.get(links)
  if (operations === undefined) {
    operations = new Map()
    kept.set(links, operations)
  }
  let operation = operations.get(node)
  if (operation === undefined) {
    operation = new MgmtOperation(links, { node, clock })
    operations.set(node, operation)
  }
  return operation
}
