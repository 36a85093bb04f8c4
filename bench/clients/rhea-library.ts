// rhea is CommonJS, and its declarations leave its inner modules out.

import { createRequire } from 'node:module'
import type * as Rhea from 'rhea'
import { APPLICATION_PROPERTIES, messageId, PROPERTIES } from '../support/sample.js'
import type { Params } from '../support/serve.js'
import { urlOf } from './places.js'

const require = createRequire(import.meta.url)

export const rhea = require('rhea') as typeof Rhea

/** More deliveries than this cannot be unsettled in a session; rhea's default of 2048 is too small for some cases. */
export const SESSION_DELIVERIES = 131_072

const { correlationId, contentType } = PROPERTIES

export function newMessage(i: number, body: Buffer): Rhea.Message {
  return {
    message_id: messageId(i),
    correlation_id: correlationId,
    content_type: contentType,
    application_properties: APPLICATION_PROPERTIES,
    body: rhea.message.data_section(body),
  }
}

/** An open connection. Losing it ends the process: nobody would hear of it otherwise. */
export function connect(params: Params, sessionDeliveries?: number): Promise<Rhea.Connection> {
  const url = new URL(urlOf(params))
  return new Promise((resolve, reject) => {
    const connection = rhea.create_container().connect({
      host: url.hostname,
      port: Number(url.port || 5672),
      ...(url.username === ''
        ? {}
        : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }),
      reconnect: false,
      tcp_no_delay: true,
      ...(sessionDeliveries !== undefined && { session_buffer_size: sessionDeliveries }),
    } as Rhea.ConnectionOptions)
    connection.once('connection_open', () => resolve(connection))
    connection.once('disconnected', (context) => {
      process.stderr.write(`rhea lost its connection: ${context.error?.message ?? 'the peer hung up'}\n`)
      process.exit(1)
    })
    connection.on('connection_error', (context) => reject(context.connection.error as Error))
  })
}

export function close(connection: Rhea.Connection): Promise<void> {
  return new Promise((resolve) => {
    connection.once('connection_close', () => resolve())
    connection.close()
  })
}
