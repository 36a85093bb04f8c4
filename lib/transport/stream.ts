// The bytes under every transport of Node: TCP, by way of a proxy or not, with TLS or without.

import type { Socket } from 'node:net'
import type { Attempt } from './attempt.js'
import { dial } from './dial.js'
import { dialThrough } from './proxy.js'
import type { HttpProxy } from './proxy-options.js'
import { secure, secureContext } from './tls-handshake.js'
import type { TlsOptions } from './tls-options.js'
import type { ConnectTarget } from './transport.js'

export interface StreamTarget extends ConnectTarget {
  /** With this, TLS from the first byte. */
  readonly tls?: TlsOptions | undefined
  readonly proxy?: HttpProxy | undefined
}

/** Connects. The socket's errors are never unhandled, whoever takes it over. */
export async function openStream(target: StreamTarget, attempt: Attempt): Promise<Socket> {
  const { tls, proxy } = target
  const context = tls === undefined ? undefined : secureContext(tls, attempt.description)
  const socket = await (proxy === undefined ? dial(target, attempt) : dialThrough(proxy, target, attempt))
  if (tls === undefined || context === undefined) return socket
  return secure(socket, target.host, tls, context, attempt)
}
