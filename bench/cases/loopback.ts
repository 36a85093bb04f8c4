// A client and the null peer, each in its own process, over 127.0.0.1.

import type { Bench, BenchCase, Bound, Row } from '../support/case.js'
import type { Numbers, Params } from '../support/serve.js'

interface Stream {
  readonly name: string
  readonly title: string
  readonly params: Params
  readonly floor?: number
  readonly target?: number
  /** Count megabytes rather than messages. */
  readonly bulk?: boolean
  /** Messages of the first warm-up; bulk has fewer. */
  readonly count?: number
  readonly extraRows?: readonly Row[]
}

const asRatio = (ratio: number | undefined): { ratio: number } | undefined =>
  ratio === undefined ? undefined : { ratio }

function bounds(floor: Bound | undefined, target: Bound | undefined): Pick<Row, 'floor' | 'target'> {
  return { ...(floor && { floor }), ...(target && { target }) }
}

/** Runs a job, and makes sure that the peer saw just as many messages as were meant. */
async function checked(
  bench: Bench,
  job: string,
  params: Params,
  counter: 'received' | 'settled',
): Promise<Numbers> {
  await bench.peer.run('count')
  const result = await bench.worker.run(job, { port: bench.port, ...params })
  const counted = (await bench.peer.run('count'))[counter]
  const wanted = Number(params['count'])
  if (counted !== wanted)
    throw new Error(`${bench.library}: the peer counted ${counted} messages of ${wanted}`)
  return result
}

function stream(job: 'send' | 'receive', options: Stream): BenchCase {
  const { name, title, params, bulk = false, count = 4000, extraRows = [] } = options
  const counter = job === 'send' ? 'received' : 'settled'
  return {
    name,
    group: 'loopback',
    count,
    adapts: true,
    atMost: 400_000,
    rows: [
      {
        title,
        key: bulk ? 'megabytes' : 'rate',
        unit: bulk ? 'MB/s' : 'msgs/s',
        better: 'higher',
        ...bounds(asRatio(options.floor), asRatio(options.target)),
      },
      ...extraRows,
    ],
    measure: async (bench) => {
      const result = await checked(bench, job, { ...params, count: bench.count }, counter)
      return { ...result, ...(await bench.worker.run('peak')) }
    },
  }
}

const PEAK: Row = {
  title: 'peak memory (RSS) while sending 1 MiB',
  key: 'rss',
  unit: 'MB',
  better: 'lower',
  target: { value: 120 },
}
const PEAK_RECEIVING: Row = {
  title: 'peak memory (RSS) while receiving 1 MiB',
  key: 'rss',
  unit: 'MB',
  better: 'lower',
}

const KIB_64 = 65_536
const MIB = 1_048_576

const streams: readonly BenchCase[] = [
  stream('send', {
    name: 'send-1k',
    title: 'send 1 KiB unsettled, a promise each',
    params: {},
    floor: 4,
    target: 8,
  }),
  stream('send', {
    name: 'send-1k-queued',
    title: 'send 1 KiB unsettled, 4 times the credit at once',
    // rhea sends as credit comes, here as above.
    params: { window: 4000 },
    floor: 4,
    target: 8,
  }),
  stream('send', {
    name: 'send-1k-settled',
    title: 'send 1 KiB pre-settled',
    params: { settled: true },
    floor: 5,
    target: 10,
  }),
  stream('send', {
    name: 'send-100',
    title: 'send 100 B unsettled',
    params: { size: 100 },
    floor: 4,
    target: 8,
  }),
  stream('receive', {
    name: 'receive-1k',
    title: 'receive 1 KiB unsettled, all fields read',
    params: {},
    floor: 2.5,
    target: 4,
  }),
  stream('receive', {
    name: 'receive-1k-body',
    title: 'receive 1 KiB, only the body read',
    params: { bodyOnly: true },
    floor: 3,
    target: 6,
  }),
  stream('receive', {
    name: 'receive-1k-single',
    title: 'receive 1 KiB by receive(), only the body read',
    params: { bodyOnly: true, way: 'receive' },
    floor: 3,
    target: 6,
  }),
  stream('receive', {
    name: 'receive-1k-batch',
    title: 'receive 1 KiB by batches of 100, only the body read',
    params: { bodyOnly: true, way: 'batch' },
    floor: 3,
    target: 6,
  }),
  stream('receive', {
    name: 'receive-1k-handler',
    title: 'receive 1 KiB by a handler, only the body read',
    params: { bodyOnly: true, way: 'handler' },
    floor: 3,
    target: 6,
  }),
  stream('send', {
    name: 'send-64k',
    title: 'send 64 KiB',
    params: { size: KIB_64 },
    bulk: true,
    count: 1000,
    floor: 1.8,
    target: 2.5,
  }),
  stream('receive', {
    name: 'receive-64k',
    title: 'receive 64 KiB',
    params: { size: KIB_64 },
    bulk: true,
    count: 1000,
    floor: 1.4,
    target: 1.8,
  }),
  stream('send', {
    name: 'send-1m',
    title: 'send 1 MiB',
    params: { size: MIB },
    bulk: true,
    count: 100,
    floor: 2,
    target: 3,
    extraRows: [PEAK],
  }),
  stream('receive', {
    name: 'receive-1m',
    title: 'receive 1 MiB',
    params: { size: MIB },
    bulk: true,
    count: 100,
    floor: 1.2,
    target: 1.5,
    extraRows: [PEAK_RECEIVING],
  }),
]

const paced: BenchCase = {
  name: 'latency',
  group: 'loopback',
  count: 1000,
  rows: [
    {
      title: 'latency at 1000/s, median',
      key: 'p50',
      unit: 'µs',
      better: 'lower',
      floor: { ratio: 0.92 },
      target: { ratio: 0.75 },
    },
    { title: 'latency at 1000/s, 99th percentile', key: 'p99', unit: 'µs', better: 'lower' },
  ],
  measure: (bench) => checked(bench, 'paced', { perSecond: 1000, count: bench.count }, 'received'),
}

const awaited: BenchCase = {
  name: 'await-each',
  group: 'loopback',
  count: 2000,
  adapts: true,
  rows: [
    {
      title: 'send 1 KiB, await each',
      key: 'rate',
      unit: 'msgs/s',
      better: 'higher',
      floor: { ratio: 1.15 },
      target: { ratio: 1.5 },
    },
  ],
  measure: (bench) => checked(bench, 'awaited', { count: bench.count }, 'received'),
}

export const loopbackCases: readonly BenchCase[] = [...streams, paced, awaited]
