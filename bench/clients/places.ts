// Where a job's messages go to or come from: a link of the null peer, or a queue of a broker.

import type { Cost } from '../support/meter.js'
import type { Numbers, Params } from '../support/serve.js'

export const number = (params: Params, name: string, fallback = 0): number => Number(params[name] ?? fallback)
export const flag = (params: Params, name: string): boolean => params[name] === true
export const text = (params: Params, name: string): string => String(params[name] ?? '')

export function urlOf(params: Params): string {
  return params['url'] === undefined ? `amqp://127.0.0.1:${number(params, 'port')}` : text(params, 'url')
}

export function sinkOf(params: Params): string {
  if (params['address'] !== undefined) return text(params, 'address')
  const credit = number(params, 'credit', 1000)
  return `sink?credit=${credit}&renew=${number(params, 'renew', 1)}&ack=${number(params, 'ack', 1)}`
}

export function sourceOf(params: Params): string {
  if (params['address'] !== undefined) return text(params, 'address')
  const settled = flag(params, 'settled') ? 1 : 0
  return `source?size=${number(params, 'size', 1024)}&count=${number(params, 'count')}&settled=${settled}`
}

/** Rate, CPU seconds for 100 000 messages, and bytes for each. */
export function perMessage(count: number, size: number, cost: Cost): Numbers {
  return {
    rate: count / cost.seconds,
    megabytes: (count * size) / cost.seconds / 1e6,
    cpu: (cost.cpuSeconds / count) * 100_000,
    heapEach: cost.heapBytes / count,
    buffersEach: cost.bufferBytes / count,
  }
}
