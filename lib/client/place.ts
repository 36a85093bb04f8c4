// Where a client connects to and what it attaches to: as the user said, and as a redirect of the peer changes it.

import type { ConnectionOptions } from '../connection/options.js'
import { TransportType } from '../constants.js'
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
 * only: peers name that of AMQP even to clients that came by WebSocket. Undefined: no URL can name that host.
 */
export function redirectedPlace(
  place: Place,
  redirect: LinkRedirect | ConnectionRedirect,
  transportType: TransportType = TransportType.Amqp,
): Place | undefined {
  const { url = '', address } = place
  const parts = /^([^:]+:\/\/)([^/?#]*@)?([^/?#]*)(.*)$/s.exec(url)
  const [, scheme = '', userInfo = '', , rest = ''] = parts ?? []
  const { host, port } = parseAddress(url)
  const tcp = /^amqps?:/i.test(scheme) && transportType === TransportType.Amqp
  const newHost = redirect.networkHost || redirect.hostname || host
  const newPort = (tcp ? redirect.port : undefined) ?? port
  const node = 'address' in redirect ? redirect.address : undefined
  const newUrl = `${scheme}${userInfo}${formatHostPort(encodeHost(newHost), newPort)}${rest}`
  if (!isHost(newHost) || hostOf(newUrl) !== newHost) return undefined
  return {
    url: newUrl,
    address: node ?? address,
    hostname: redirect.hostname || (newHost === host ? place.hostname : undefined),
  }
}

/** Nothing that would end the host of a URL; what else a name may hold is for the resolver to say. */
function isHost(host: string): boolean {
  return isIPv6(host) || /^[^\s/?#@[\]\\:%]+$/.test(host)
}

function encodeHost(host: string): string {
  return isIPv6(host) ? host.replaceAll('%', '%25') : encodeURIComponent(host)
}

function isIPv6(host: string): boolean {
  return /^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*(?:%.*)?$/i.test(host)
}

/** Undefined when the text is no URL. */
function hostOf(url: string): string | undefined {
  try {
    return parseAddress(url).host
  } catch {
    return undefined
  }
}

/** How the connection to a place is to name the host that a redirect said: in `open`, in SASL and in TLS [2.4.1]. */
export function hostOptions(
  { url = '', hostname }: Place,
  { tls, webSocket }: ConnectionOptions,
): Pick<ConnectionOptions, 'hostname' | 'tls'> {
  if (hostname === undefined) return {}
  const secure = /^(?:amqps|wss):/i.test(url) && webSocket?.implementation === undefined
  const isAddress = isIPv6(hostname) || /^[\d.]+$/.test(hostname)
  return secure && !isAddress ? { hostname, tls: { ...tls, servername: hostname } } : { hostname }
}
