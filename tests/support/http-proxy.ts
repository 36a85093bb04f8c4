// HTTP proxies that know CONNECT and nothing else, in a program of its own that is started with `fork`. Each
// question has a number, which its answer repeats: with `settings` a proxy is started and its port told, with
// `port` what that proxy was asked for.

import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface ProxySettings {
  /** `user:password` that it wants. */
  readonly credentials?: string | undefined
  /** Answer every request with this status. */
  readonly status?: number | undefined
  /** Never answer. */
  readonly silent?: boolean | undefined
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
}

export interface SeenRequest {
  readonly target: string | undefined
  readonly host: string | undefined
  readonly authorization: string | undefined
}

export type Question =
  | { readonly number: number; readonly settings: ProxySettings }
  | { readonly number: number; readonly port: number }

export interface Answer {
  readonly number: number
  readonly port?: number | undefined
  readonly seen?: readonly SeenRequest[] | undefined
}

const seenBy = new Map<number, SeenRequest[]>()

function statusFor(settings: ProxySettings, { headers }: IncomingMessage): number {
  if (settings.status !== undefined) return settings.status
  if (settings.credentials === undefined) return 200
  const wanted = `Basic ${Buffer.from(settings.credentials).toString('base64')}`
  return headers['proxy-authorization'] === wanted ? 200 : 407
}

function serve(settings: ProxySettings, request: IncomingMessage, client: Socket, early: Buffer): void {
  client.on('error', () => client.destroy())
  if (settings.silent === true) return
  const status = statusFor(settings, request)
  if (status !== 200) {
    client.end(
      `HTTP/1.1 ${status} No\r\nProxy-Authenticate: Basic realm="test"\r\nContent-Length: 3\r\n\r\nno!`,
    )
    return
  }
  const [, host = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(request.url ?? '') ?? []
  const upstream = connect(Number(port), host)
  upstream.on('connect', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    upstream.write(early)
    upstream.pipe(client).pipe(upstream)
  })
  upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'))
  client.on('close', () => upstream.destroy())
}

function start(settings: ProxySettings, tellPort: (port: number) => void): void {
  const seen: SeenRequest[] = []
  const server = settings.tls === undefined ? createServer() : createTlsServer(settings.tls)
  server.on('connect', (request: IncomingMessage, client: Socket, early: Buffer) => {
    const { url: target, headers } = request
    seen.push({ target, host: headers.host, authorization: headers['proxy-authorization'] })
    serve(settings, request, client, early)
  })
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    seenBy.set(port, seen)
    tellPort(port)
  })
}

process.on('message', (message) => {
  const question = message as Question
  const answer = (words: Omit<Answer, 'number'>): unknown =>
    process.send?.({ number: question.number, ...words })
  if ('settings' in question) start(question.settings, (port) => answer({ port }))
  else answer({ seen: seenBy.get(question.port) })
})
process.on('disconnect', () => process.exit())
