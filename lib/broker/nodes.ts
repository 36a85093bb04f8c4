// The nodes of a broker by address, and the links of each client to them.

import type { BrokerConnection } from './connection.js'
import { type NodeHandler, NodeLinks } from './node.js'

/** Nodes that come with something else, such as the management node of a queue: the handler at an address, if any. */
export type NodeFamily = (address: string) => NodeHandler | undefined

export class Nodes {
  private readonly handlers = new Map<string, NodeHandler>()
  private readonly families: NodeFamily[] = []
  private readonly links = new Map<BrokerConnection, Map<string, NodeLinks>>()

  add(address: string, handler: NodeHandler): void {
    if (typeof address !== 'string' || address === '')
      throw new TypeError('addNode: the address must be a string of some length')
    if (typeof handler !== 'function') throw new TypeError('addNode: the handler must be a function')
    this.remove(address)
    this.handlers.set(address, handler)
  }

  /** Nodes that exist as long as the family knows their address. Those that were added by name come first. */
  addFamily(family: NodeFamily): void {
    this.families.push(family)
  }

  private handlerAt(address: string): NodeHandler | undefined {
    const handler = this.handlers.get(address)
    if (handler !== undefined) return handler
    for (const family of this.families) {
      const member = family(address)
      if (member !== undefined) return member
    }
    return undefined
  }

  /** False: there was none. */
  remove(address: string): boolean {
    for (const nodes of this.links.values()) {
      nodes.get(address)?.detach()
      nodes.delete(address)
    }
    return this.handlers.delete(address)
  }

  /** A client's links to the node at an address; undefined: there is no node there. */
  at(address: string, client: BrokerConnection): NodeLinks | undefined {
    const handler = this.handlerAt(address)
    if (handler === undefined) return undefined
    let nodes = this.links.get(client)
    if (nodes === undefined) {
      nodes = new Map()
      this.links.set(client, nodes)
    }
    const known = nodes.get(address)
    if (known !== undefined) return known
    // A node may have as many addresses as there are ways to spell it.
    for (const [other, links] of nodes) if (links.unused) nodes.delete(other)
    const { containerId, claims } = client
    const links = new NodeLinks(handler, { address, containerId, claims })
    nodes.set(address, links)
    return links
  }

  onConnectionEnd(client: BrokerConnection): void {
    this.links.delete(client)
  }
}
