// Nodes that are to be found elsewhere: who attaches to one, or is attached, is told where [2.8.18].

import type { Link } from '../engine/link.js'
import type { AMQPErrorFields } from '../types/transport.js'
import { checkOptions, integer, text } from '../util/options.js'

/** Where a node is to be found. What is left out is not told. */
export interface RedirectTarget {
  /** Host to name in `open` and to SASL there. */
  readonly hostname?: string | undefined
  /** DNS name or IP address to connect to. */
  readonly networkHost?: string | undefined
  readonly port?: number | undefined
  /** Address of the node there. */
  readonly address?: string | undefined
}

const CHECKS = { hostname: text, networkHost: text, port: integer(1, 65535), address: text }

export class MovedNodes {
  private readonly errors = new Map<string, AMQPErrorFields>()

  /** Undefined: the node is here again. */
  set(address: string, to: RedirectTarget | undefined): void {
    text(address, 'redirect: address')
    checkOptions('redirect', to, CHECKS)
    if (to === undefined) this.errors.delete(address)
    else this.errors.set(address, redirectError(address, to))
  }

  /** Refuses a link to a node that has moved; false: it has not. */
  refuse(link: Link, address: string): boolean {
    const error = this.errors.get(address)
    if (error !== undefined) link.refuse(error.condition, error.description ?? '', error.info)
    return error !== undefined
  }

  /** Detaches a link whose node has moved. */
  detach(link: Link): void {
    const terminus = link.isReceiver ? link.remoteTarget : link.remoteSource
    const error = this.errors.get(terminus?.address ?? '')
    if (error !== undefined) link.detach(true, error)
  }
}

function redirectError(address: string, to: RedirectTarget): AMQPErrorFields {
  const { hostname, networkHost, port } = to
  return {
    kind: 'error',
    condition: 'amqp:link:redirect',
    description: `"${address}" is to be found elsewhere`,
    info: {
      ...(hostname === undefined ? undefined : { hostname }),
      ...(networkHost === undefined ? undefined : { 'network-host': networkHost }),
      ...(port === undefined ? undefined : { port }),
      ...(to.address === undefined ? undefined : { address: to.address }),
    },
  }
}
