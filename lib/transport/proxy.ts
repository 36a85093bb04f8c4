// A way to the broker through an HTTP proxy: the proxy is asked to CONNECT (RFC 9110, section 9.3.6), and
// what it hands on afterwards is as good as a TCP connection of our own. Credentials show in no error.

import { request, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { AMQPConnectionError } from '../errors.js'
import { formatHostPort } from './address.js'
import type { Attempt } from './attempt.js'
import { dial } from './dial.js'
import type { HttpProxy } from './proxy-options.js'
import { secure, secureContext } from './tls-handshake.js'
import type { ConnectTarget } from './transport.js'

/** Connects to the target by way of the proxy. Rejects with an AMQPConnectionError of phase `proxy`. */
export async function dialThrough(proxy: HttpProxy, target: ConnectTarget, whole: Attempt): Promise<Socket> {
  const attempt = whole.throughProxy(proxy)
  const socket = await dialProxy(proxy, attempt)
  try {
    return await attempt.step<Socket>((tunnel) => {
      const path = formatHostPort(target.host, target.port)
      const headers = { Host: path, ...authorization(proxy) }
      const connecting = request({
        method: 'CONNECT',
        path,
        headers,
        setHost: false,
        createConnection: () => socket,
      })
      connecting.on('connect', ({ statusCode = 0 }, _socket, early: Buffer) => {
        if (statusCode < 200 || statusCode > 299)
          return tunnel.reject(refusal(statusCode, path, proxy, attempt))
        if (early.length > 0) socket.unshift(early)
        tunnel.resolve(socket)
      })
      connecting.on('error', (error) => tunnel.reject(attempt.failure(error)))
      connecting.end()
      return undefined
    })
  } catch (error) {
    socket.destroy()
    throw error
  }
}

async function dialProxy(proxy: HttpProxy, attempt: Attempt): Promise<Socket> {
  const { host, tls } = proxy
  if (tls === undefined) return dial(proxy, attempt)
  const context = secureContext(tls, attempt.description)
  return secure(await dial(proxy, attempt), host, tls, context, attempt)
}

function authorization({ credentials }: HttpProxy): Record<string, string> {
  if (credentials === undefined) return {}
  return { 'Proxy-Authorization': `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}` }
}

/** Trying again makes sense where the proxy could not do what it was willing to do. */
function refusal(status: number, path: string, proxy: HttpProxy, attempt: Attempt): AMQPConnectionError {
  const reason = STATUS_CODES[status]
  const shown = reason === undefined ? `${status}` : `${status} ${reason}`
  return attempt.refused(`${meaningOf(status, path, proxy)} (HTTP ${shown})`, status >= 500, {
    httpStatus: status,
  })
}

function meaningOf(status: number, path: string, proxy: HttpProxy): string {
  if (status === 407) {
    return proxy.credentials === undefined
      ? 'it wants credentials; give it httpProxy.username and httpProxy.password'
      : 'it does not accept the credentials in httpProxy.username and httpProxy.password'
  }
  if (status === 403) return `it does not allow connections to ${path}`
  if (status >= 500) return `it could not reach ${path}`
  return `it refuses to connect to ${path}; check that it is an HTTP proxy that knows CONNECT`
}
