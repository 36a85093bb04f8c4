// What a user says about WebSockets, in types that need neither Node's nor the DOM's.

/** What is used of a WebSocket: the standard's own members, and three more that not every kind has. */
export interface WebSocketLike {
  readonly protocol: string
  readonly readyState: number
  readonly bufferedAmount: number
  binaryType: string
  addEventListener(type: string, listener: (event: unknown) => void): void
  /** `sent` is called once the data has left the process; of the standard's kind nobody calls it. */
  send(data: Uint8Array, sent?: (error?: unknown) => void): void
  close(code?: number, reason?: string): void
  terminate?(): void
  pause?(): void
  resume?(): void
}

/** A class such as `globalThis.WebSocket`. */
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike

export interface WebSocketOptions {
  /**
   * Path, and query if there is one, to ask for. Default: those of a `ws://` or `wss://` URL as they are
   * written, with TransportType.AmqpOverWebsocket `/$servicebus/websocket`. With this, the path of a URL is
   * the address of the node and nothing else.
   */
  readonly path?: string | undefined
  /**
   * Sub-protocol, which the server has to choose. Default: `amqp`; at the paths of Azure's services `amqp` or
   * `AMQPWSB10`, as the server likes.
   */
  readonly protocol?: string | undefined
  /** Further headers of the request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Make the WebSocket by this class, in place of the package `ws`. It has to make its connection itself, so
   * neither `headers` nor the options `tls` and `httpProxy` go with it.
   */
  readonly implementation?: WebSocketClass | undefined
}

/** The name as registered, and the one before it. */
export const PROTOCOLS = ['amqp', 'AMQPWSB10'] as const
/** Where Azure Service Bus and Event Hubs listen. */
export const AZURE_PATH = '/$servicebus/websocket'

const AZURE_PATHS = /^\/\$(?:servicebus|iothub)\/websocket\/?(?:\?|$)/

/** Sub-protocols to offer to the server, the best first. */
export function protocolsFor(resource: string, own: string | undefined): string[] {
  if (own !== undefined) return [own]
  return AZURE_PATHS.test(resource) ? [...PROTOCOLS] : [PROTOCOLS[0]]
}

/** A token of RFC 9110. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

const CHECKS: Readonly<Record<string, readonly [expected: string, fits: (value: unknown) => boolean]>> = {
  path: [
    "a path that begins with '/', percent-encoded",
    (value) => matches(/^\/[\x21\x22\x24-\x7e]*$/, value),
  ],
  protocol: ['the name of a sub-protocol', (value) => matches(TOKEN, value)],
  headers: ['an object of header names and texts', isHeaders],
  implementation: ['a class such as WebSocket', (value) => typeof value === 'function'],
}

/**
 * Refuses options that do not exist or have no sense.
 * @throws TypeError that names the option, never its value.
 */
export function checkWebSocketOptions(options: WebSocketOptions): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('webSocket must be an object')
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined
    if (check === undefined)
      throw new TypeError(`unknown option webSocket.${name}; known: ${Object.keys(CHECKS).join(', ')}`)
    const [expected, fits] = check
    if (value !== undefined && !fits(value)) throw new TypeError(`webSocket.${name} must be ${expected}`)
  }
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value)
}

function isHeaders(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(
    ([name, text]) => TOKEN.test(name) && typeof text === 'string' && !/[^\t\x20-\x7e\x80-\xff]/.test(text),
  )
}
