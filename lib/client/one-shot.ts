// A client for a single errand: opened, used once, closed.

import type { Message, MessageInput } from '../message/message.js'
import type { Source, Target } from '../message/terminus.js'
import type { URLLike } from '../transport/address.js'
import type { WaitOptions } from '../util/deferred.js'
import { integer, checkOptions, type OptionCheck, WAIT_OPTIONS } from '../util/options.js'
import { ReceiveClient, type ReceiveClientOptions } from './receive-client.js'
import { SendClient, type SendClientOptions } from './send-client.js'

/**
 * Sends one message and resolves when it is accepted. `timeoutMs` holds for each of connecting and sending.
 * Rejects as `SendClient.sendMessage` does.
 */
export async function sendMessage(
  target: string | URLLike | Target,
  data: MessageInput,
  options: SendClientOptions & WaitOptions = {},
): Promise<void> {
  const { wait, rest } = split(options)
  const client = new SendClient(target, rest)
  try {
    await client.open(wait)
    await client.sendMessage(data, wait)
  } finally {
    await client.close()
  }
}

/**
 * Receives one message and accepts it; undefined when none came within `timeoutMs` (default: no limit).
 * Takes no more from the broker than that one. Rejects as `ReceiveClient.receive` does.
 */
export async function receiveMessage(
  source: string | URLLike | Source,
  options: ReceiveClientOptions & WaitOptions = {},
): Promise<Message | undefined> {
  const [message] = await receiveMessages(source, { ...options, maxBatchSize: 1 })
  return message
}

/**
 * Receives up to `maxBatchSize` messages (default 1) and accepts them: waits for a first one, and takes what else is
 * there at once. None when nothing came within `timeoutMs` (default: no limit). Rejects as `receiveMessage` does.
 */
export async function receiveMessages(
  source: string | URLLike | Source,
  options: ReceiveClientOptions & WaitOptions & { readonly maxBatchSize?: number | undefined } = {},
): Promise<Message[]> {
  const { maxBatchSize = 1, ...others } = options
  integer(1)(maxBatchSize, 'receiveMessages: option "maxBatchSize"')
  const { wait, rest } = split(others)
  const client = new ReceiveClient(source, { ...rest, prefetch: 0, autoComplete: true })
  try {
    await client.open({ signal: wait.signal })
    return await client.receiveMessageBatch({ ...wait, maxBatchSize })
  } finally {
    await client.close()
  }
}

/** Parts the options of waits from those of the client, which would not know them. */
function split<T extends WaitOptions>(options: T): { wait: WaitOptions; rest: Omit<T, keyof WaitOptions> } {
  const { signal, timeoutMs, ...rest } = options
  const wait = { signal, timeoutMs }
  checkOptions('options', wait, WAIT_OPTIONS satisfies Readonly<Record<string, OptionCheck>>)
  return { wait, rest }
}
