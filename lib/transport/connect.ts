// From the scheme of an address to a transport. The one file that knows which transports there are:
// a build for another platform replaces just this.

import { DEFAULT_AMQP_PORT, DEFAULT_AMQP_WSS_PORT, DEFAULT_AMQPS_PORT, TransportType } from '../constants.js'
import type { Address } from './address.js'
import { checkHttpProxy, type HttpProxyOptions } from './proxy-options.js'
import { connectTcp } from './tcp.js'
import { connectTls } from './tls.js'
import type { TlsOptions } from './tls-options.js'
import type { ConnectOptions, Transport } from './transport.js'
import { AZURE_PATH, type WebSocketOptions } from './websocket-options.js'

export interface TransportSettings {
  readonly tls?: TlsOptions | undefined
  readonly transportType?: TransportType | undefined
  readonly webSocket?: WebSocketOptions | undefined
  readonly httpProxy?: HttpProxyOptions | undefined
}

const WS_PORT = 80

/**
 * Where to connect to for an address: the same, unless the settings ask for WebSocket. Then `amqps://`
 * becomes `wss://` and `amqp://` becomes `ws://`; a port that is the default of the one becomes the default
 * of the other.
 * @throws TypeError for settings that contradict the address or each other.
 */
export function transportAddress(address: Address, settings: TransportSettings): Address {
  const { transportType, webSocket, tls } = settings
  const { scheme } = address
  if (tls !== undefined && (scheme === 'amqp' || scheme === 'ws')) {
    throw new TypeError(
      `the option tls has no effect on an address that begins with ${scheme}://: write ${scheme}s://`,
    )
  }
  const overWebSocket = transportType === TransportType.AmqpOverWebsocket
  if (scheme === 'ws' || scheme === 'wss') {
    if (transportType === TransportType.Amqp) {
      throw new TypeError(`transportType Amqp contradicts an address that begins with ${scheme}://`)
    }
    checkImplementation(settings)
    return { ...address, resource: webSocket?.path ?? address.resource }
  }
  if (overWebSocket) {
    checkImplementation(settings)
    return { ...address, ...webSocketPlace(address), resource: webSocket?.path ?? AZURE_PATH }
  }
  if (webSocket === undefined) return address
  throw new TypeError(
    'the option webSocket needs a ws:// or wss:// address, or transportType AmqpOverWebsocket',
  )
}

function webSocketPlace({ scheme, port }: Address): Pick<Address, 'scheme' | 'port'> {
  if (scheme === 'amqp') return { scheme: 'ws', port: port === DEFAULT_AMQP_PORT ? WS_PORT : port }
  return { scheme: 'wss', port: port === DEFAULT_AMQPS_PORT ? DEFAULT_AMQP_WSS_PORT : port }
}

/** A class that makes its connection itself can be told nothing about it. */
function checkImplementation({ webSocket, tls, httpProxy }: TransportSettings): void {
  if (webSocket?.implementation === undefined) return
  for (const [name, value] of Object.entries({ tls, httpProxy, 'webSocket.headers': webSocket.headers })) {
    if (value !== undefined)
      throw new TypeError(`the option ${name} has no effect on webSocket.implementation`)
  }
}

/** Connects to what {@link transportAddress} says. Rejects as the transport concerned does. */
export async function connectTransport(
  address: Address,
  settings: TransportSettings,
  options: ConnectOptions,
): Promise<Transport> {
  const { host, port, scheme, resource } = address
  const { webSocket, httpProxy } = settings
  const proxy = httpProxy === undefined ? undefined : checkHttpProxy(httpProxy)
  const tls = scheme === 'amqps' || scheme === 'wss' ? (settings.tls ?? {}) : undefined
  const target = { host, port, tls, proxy }
  if (scheme === 'amqp') return connectTcp(target, options)
  if (scheme === 'amqps') return connectTls(target, options)
  const implementation = webSocket?.implementation
  if (implementation === undefined) {
    const { connectWebSocket } = await import('./websocket.js')
    return connectWebSocket({ ...target, resource, webSocket }, options)
  }
  const { connectStandardWebSocket } = await import('./websocket-standard.js')
  const { protocol } = webSocket ?? {}
  return connectStandardWebSocket(
    { host, port, secure: tls !== undefined, resource, protocol, implementation },
    options,
  )
}
