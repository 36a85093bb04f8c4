// A client for a single errand: opened, used once, closed.

import type { Message, MessageInput } from '../message/message.js'
import type { Source, Target } from '../message/terminus.js'
import type { URLLike } from '../transport/address.js'
import type { WaitOptions } from '../util/deferred.js'
import { checkOptions, integer, type OptionCheck, WAIT_OPTIONS } from '../util/options.js'
import { checkClientOptions, refuseCredentials } from './client-options.js'
import { RECEIVE_CLIENT_CHECKS, ReceiveClient, type ReceiveClientOptions } from './receive-client.js'
import { SendClient, type SendClientOptions } from './send-client.js'

/** Options of `receiveMessage`. What is prefetched and when it is accepted is not for the caller to say. */
export interface ReceiveOnceOptions
  extends Omit<ReceiveClientOptions, 'prefetch' | 'autoComplete'>,
    WaitOptions {}

/** Options of the function `receiveMessages`. */
export interface ReceiveManyOptions extends ReceiveOnceOptions {
  /** Default: 1. */
  readonly maxBatchSize?: number | undefined
}

const { prefetch: _prefetch, autoComplete: _autoComplete, ...OWN_CHECKS } = RECEIVE_CLIENT_CHECKS
const ONCE_CHECKS: Readonly<Record<string, OptionCheck>> = { ...OWN_CHECKS, ...WAIT_OPTIONS }

/**
 * Sends one message and resolves when it is accepted. `timeoutMs` holds for connecting and sending together.
 * Rejects as `SendClient.sendMessage` does.
 */
export async function sendMessage(
  target: string | URLLike | Target,
  data: MessageInput,
  options: SendClientOptions & WaitOptions = {},
): Promise<void> {
  refuseCredentials('sendMessage', options)
  const { signal, timeoutMs, ...rest } = options
  checkOptions('sendMessage', { signal, timeoutMs }, WAIT_OPTIONS)
  await once(new SendClient(target, rest), async (client) => {
    await client.sendMessage(data, { signal, timeoutMs })
  })
}

/**
 * Sends many messages in as few batches as fit, and resolves when all are accepted. `timeoutMs` holds for connecting and
 * sending together. Rejects as `SendClient.sendBatch` does.
 */
export async function sendBatch(
  target: string | URLLike | Target,
  messages: Iterable<MessageInput>,
  options: SendClientOptions & WaitOptions = {},
): Promise<void> {
  refuseCredentials('sendBatch', options)
  const { signal, timeoutMs, ...rest } = options
  checkOptions('sendBatch', { signal, timeoutMs }, WAIT_OPTIONS)
  await once(new SendClient(target, rest), async (client) => {
    await client.sendBatch(messages, { signal, timeoutMs })
  })
}

/**
 * Receives one message and accepts it; undefined when none came within `timeoutMs` (default: no limit).
 * Takes no more from the broker than that one. Rejects as `ReceiveClient.receive` does.
 */
export async function receiveMessage(
  source: string | URLLike | Source,
  options: ReceiveOnceOptions = {},
): Promise<Message | undefined> {
  checkClientOptions('receiveMessage', options, ONCE_CHECKS)
  const [message] = await receiveMessages(source, options)
  return message
}

/**
 * Receives up to `maxBatchSize` messages (default 1) and accepts them: waits for a first one, and takes what else is
 * there at once. None when nothing came within `timeoutMs` (default: no limit). Rejects as `receiveMessage` does.
 */
export async function receiveMessages(
  source: string | URLLike | Source,
  options: ReceiveManyOptions = {},
): Promise<Message[]> {
  checkClientOptions('receiveMessages', options, { ...ONCE_CHECKS, maxBatchSize: integer(1) })
  const { maxBatchSize = 1, signal, timeoutMs, ...rest } = options
  return once(new ReceiveClient(source, { ...rest, prefetch: 0, autoComplete: true }), (client) =>
    client.receiveMessageBatch({ signal, timeoutMs, maxBatchSize }),
  )
}

/** Does the errand and closes the client; an errand that failed says so without waiting for that. */
async function once<C extends AsyncClosable, R>(client: C, errand: (client: C) => Promise<R>): Promise<R> {
  let result: R
  try {
    result = await errand(client)
  } catch (error) {
    client.close()
    throw error
  }
  await client.close()
  return result
}

interface AsyncClosable {
  close(): Promise<void>
}
