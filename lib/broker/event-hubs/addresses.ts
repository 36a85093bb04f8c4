// The addresses of an event hub, taken apart: `<hub>`, `<hub>/Partitions/<id>`, `<hub>/Publishers/<name>`,
// `<hub>/ConsumerGroups/<group>/Partitions/<id>`. A slash before is taken, capitals do not matter.

/** What an address asks for; without any of the parts, the hub as a whole. */
export interface HubAddress {
  readonly hub: string
  readonly partition?: string | undefined
  readonly publisher?: string | undefined
  readonly group?: string | undefined
  /** It has no meaning for a hub. */
  readonly unknown?: boolean | undefined
}

const ADDRESS = /^\/?([^/]+)(?:\/(.*))?$/s
const CONSUMER = /^ConsumerGroups\/([^/]+)\/Partitions\/([^/]+)$/i
const PARTITION = /^Partitions\/([^/]+)$/i
const PUBLISHER = /^Publishers\/([^/]+)$/i

export function parseHubAddress(address: string): HubAddress {
  const [, hub = '', rest] = ADDRESS.exec(address) ?? []
  if (rest === undefined) return { hub }
  const [, group, consumed] = CONSUMER.exec(rest) ?? []
  if (group !== undefined) return { hub, group, partition: consumed }
  const partition = PARTITION.exec(rest)?.[1]
  if (partition !== undefined) return { hub, partition }
  const publisher = PUBLISHER.exec(rest)?.[1]
  return publisher === undefined ? { hub, unknown: true } : { hub, publisher }
}
