// What a user says about an HTTP proxy, in types that need none of Node's.

import { checkTlsOptions, type TlsOptions } from './tls-options.js'
import type { ConnectTarget } from './transport.js'

/** An HTTP proxy that connects us to the broker by CONNECT. */
export interface HttpProxyOptions {
  /** Host name or IP address of the proxy. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** The same as `host`, by uAMQP's name. */
  readonly proxyHostname?: string | undefined
  /** The same as `port`, by uAMQP's name. */
  readonly proxyPort?: number | undefined
  /** For a proxy that wants credentials (Basic). Without a colon. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** Speak TLS with the proxy itself: options, or true for none. Default: without TLS. */
  readonly tls?: TlsOptions | boolean | undefined
}

/** The same, checked, each thing by one name. */
export interface HttpProxy extends ConnectTarget {
  /** User and password as they are sent; not to be printed. */
  readonly credentials: string | undefined
  readonly tls: TlsOptions | undefined
}

const OPTIONS = ['host', 'port', 'proxyHostname', 'proxyPort', 'username', 'password', 'tls']

/**
 * Refuses options that do not exist, are missing, or make no sense.
 * @throws TypeError or RangeError that names the option, never user or password.
 */
export function checkHttpProxy(options: HttpProxyOptions): HttpProxy {
  if (typeof options !== 'object' || options === null) throw new TypeError('httpProxy must be an object')
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name))
      throw new TypeError(`unknown option httpProxy.${name}; known: ${OPTIONS.join(', ')}`)
  }
  const { tls } = options
  if (typeof tls === 'object') checkTlsOptions(tls)
  else if (tls !== undefined && typeof tls !== 'boolean') {
    throw new TypeError('httpProxy.tls must be true, false or an object')
  }
  return {
    host: hostOf(options.host ?? options.proxyHostname),
    port: portOf(options.port ?? options.proxyPort),
    credentials: credentialsOf(options.username, options.password),
    tls: tls === true ? {} : tls === false ? undefined : tls,
  }
}

function hostOf(host: unknown): string {
  if (typeof host === 'string' && /^[^\s/@]+$/.test(host)) return host
  throw new TypeError('httpProxy.host must be a host name or an IP address')
}

function portOf(port: unknown): number {
  if (typeof port !== 'number') throw new TypeError('httpProxy.port must be a number')
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port
  throw new RangeError(`httpProxy.port must be a whole number from 1 to 65535, not ${port}`)
}

function credentialsOf(username: unknown, password: unknown): string | undefined {
  for (const [name, value] of Object.entries({ username, password })) {
    if (value !== undefined && typeof value !== 'string')
      throw new TypeError(`httpProxy.${name} must be a string`)
  }
  if (username === undefined) {
    if (password === undefined) return undefined
    throw new TypeError('httpProxy.password needs httpProxy.username')
  }
  if (String(username).includes(':')) throw new TypeError('httpProxy.username must not contain a colon')
  return `${username}:${password ?? ''}`
}
