// Where a client connects to and what it attaches to: as the user said, and as a redirect of the peer changes it.

import type { ConnectionRedirect, LinkRedirect } from '../errors.js'
import { formatHostPort, parseAddress } from '../transport/address.js'

export interface Place {
  /** Where to connect to; undefined when the connection was given. */
  readonly url: string | undefined
  /** Wire address of the node. */
  readonly address: string
  /** Host to name in `open` and to SASL, where a redirect says one. */
  readonly hostname: string | undefined
}

/** Splits what the user said into where to connect and what to attach to. */
export function placeOf(remote: unknown, address: string | undefined, connectionGiven: boolean): Place {
  const said = saidAddress(remote)
  const isUrl = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(said)
  if (!isUrl && !connectionGiven) {
    throw new TypeError(
      'a client needs a URL with its scheme, such as amqp://host/queue, or the option "connection"',
    )
  }
  if (!isUrl) return { url: undefined, address: address ?? said, hostname: undefined }
  const { path } = parseAddress(said)
  return { url: said, address: address ?? path, hostname: undefined }
}

function saidAddress(remote: unknown): string {
  if (typeof remote === 'string') return remote
  if (typeof remote !== 'object' || remote === null) {
    throw new TypeError('a client needs a URL such as amqp://host/queue, or a Source or Target')
  }
  const { href, address } = remote as { href?: unknown; address?: unknown }
  return typeof href === 'string' ? href : typeof address === 'string' ? address : ''
}

/**
 * The place that a redirect names [2.8.16, 2.8.18]; what it does not say stays as it was. The scheme, and with it the
 * protection of what is sent, is always that of the user's own URL, and so are user and password. A port goes with TCP
 * only: peers name that of AMQP even to clients that came by WebSocket.
 */
export function redirectedPlace(place: Place, redirect: LinkRedirect | ConnectionRedirect): Place {
  const { url = '', address } = place
  const parts = /^([^:]+:\/\/)([^/?#]*@)?([^/?#]*)(.*)$/s.exec(url)
  const [, scheme = '', userInfo = '', , rest = ''] = parts ?? []
  const { host, port } = parseAddress(url)
  const tcp = /^amqps?:/i.test(scheme)
  const newHost = redirect.networkHost ?? redirect.hostname ?? host
  const newPort = (tcp ? redirect.port : undefined) ?? port
  const node = 'address' in redirect ? redirect.address : undefined
  return {
    url: `${scheme}${userInfo}${formatHostPort(encodeHost(newHost), newPort)}${rest}`,
    address: node ?? address,
    hostname: redirect.hostname ?? (newHost === host ? place.hostname : undefined),
  }
}

/** A host may be anything that the peer likes; in a URL it must end nothing. */
function encodeHost(host: string): string {
  return host.includes(':') ? host : encodeURIComponent(host)
}
