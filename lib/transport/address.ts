// Addresses as people write them: `amqp://user:password@host:port/node`. Split by hand: the URL class of the
// platform treats schemes that it does not know in its own ways, and puts the whole text, password included,
// into its errors.

import {
  DEFAULT_AMQP_PORT,
  DEFAULT_AMQP_WS_PORT,
  DEFAULT_AMQP_WSS_PORT,
  DEFAULT_AMQPS_PORT,
} from '../constants.js'

export type AddressScheme = 'amqp' | 'amqps' | 'ws' | 'wss'

/** What is used of a `URL`. */
export interface URLLike {
  readonly href: string
}

/** A URL in parts. Holds the password as it is: not to be printed. */
export interface Address {
  readonly scheme: AddressScheme
  /** Host name or IP address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Wire address of a node: the path without its first `/`, percent-decoded; empty when there is none. */
  readonly path: string
  /** Path and query as written, for the WebSocket request. */
  readonly resource: string
}

const DEFAULT_PORTS: Readonly<Record<AddressScheme, number>> = {
  amqp: DEFAULT_AMQP_PORT,
  amqps: DEFAULT_AMQPS_PORT,
  ws: DEFAULT_AMQP_WS_PORT,
  wss: DEFAULT_AMQP_WSS_PORT,
}

/**
 * Takes a URL apart.
 * @throws TypeError that names the part that is wrong; what could belong to a password is never part of the
 * message.
 */
export function parseAddress(url: string | URLLike): Address {
  const text = typeof url === 'string' ? url : url?.href
  if (typeof text !== 'string') throw new TypeError('an address must be a string or a URL')
  const parts = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(text)
  if (parts === null) throw new TypeError('an address must look like amqp://host:port/path')
  const [, schemeText = '', authority = '', path = '', query = '', fragment] = parts
  const scheme = parseScheme(schemeText)
  if (fragment !== undefined) throw new TypeError("an address has no fragment: write '#' as %23")
  if (query !== '' && (scheme === 'amqp' || scheme === 'amqps')) {
    throw new TypeError("an address has no query: write '?' as %3F")
  }
  const at = authority.lastIndexOf('@')
  // Text before a stray '/' could be a password whose '@' comes later.
  const printable = !text.includes('@')
  return {
    scheme,
    ...parseHostPort(authority.slice(at + 1), DEFAULT_PORTS[scheme], printable),
    ...(at === -1 ? undefined : parseUserInfo(authority.slice(0, at))),
    path: percentDecode('path', path.slice(1)),
    resource: `${path === '' ? '/' : path}${query}`,
  }
}

/** `host:port`, with brackets round an IPv6 address. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function parseScheme(text: string): AddressScheme {
  const scheme = text.toLowerCase()
  if (scheme === 'amqp' || scheme === 'amqps' || scheme === 'ws' || scheme === 'wss') return scheme
  throw new TypeError(`an address begins with amqp://, amqps://, ws:// or wss://, not with ${scheme}://`)
}

function parseHostPort(
  text: string,
  defaultPort: number,
  printable: boolean,
): { host: string; port: number } {
  const parts = /^(?:\[([0-9A-Fa-f:.]+(?:%[^\]]+)?)\]|([^:[\]\s]+))(?::(.*))?$/s.exec(text)
  const shown = (part: string): string =>
    printable ? `: ${part}` : "; in user and password write '/' as %2F"
  if (parts === null) {
    throw new TypeError(
      text === '' || text.startsWith(':')
        ? 'the address names no host'
        : `the host of the address is malformed${shown(text)}`,
    )
  }
  const [, ipv6, name = '', portText = ''] = parts
  const port = portText === '' ? defaultPort : Number(portText)
  if (!/^\d*$/.test(portText) || port < 1 || port > 65535) {
    throw new TypeError(`the port of the address is no number from 1 to 65535${shown(portText)}`)
  }
  return { host: percentDecode('host', ipv6 ?? name), port }
}

function parseUserInfo(text: string): { user: string; password?: string } {
  const colon = text.indexOf(':')
  if (colon === -1) return { user: percentDecode('user', text) }
  return {
    user: percentDecode('user', text.slice(0, colon)),
    password: percentDecode('password', text.slice(colon + 1)),
  }
}

function percentDecode(part: string, text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new TypeError(`the ${part} of the address is not percent-encoded UTF-8: write '%' as %25`)
  }
}
