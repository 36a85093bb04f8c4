// What is kept, and what is allocated: for links that idle, for messages on their way, for messages not settled.

import type { BenchCase, Row } from '../support/case.js'

/** A young generation so large that nothing is collected while allocations are counted. */
const NO_COLLECTIONS = ['--min-semi-space-size=512', '--max-semi-space-size=512']

function allocation(
  way: 'send' | 'receive',
  row: Pick<Row, 'title' | 'key' | 'floor' | 'target'>,
): BenchCase {
  return {
    name: `allocated-${way}`,
    group: 'memory',
    count: 3000,
    nodeOptions: NO_COLLECTIONS,
    rows: [{ ...row, unit: 'B', better: 'lower' }],
    measure: async ({ worker, port, count }) => {
      const { heapEach, buffersEach } = await worker.run('allocated', { way, port, count, warmUp: 20_000 })
      return { heapEach: Number(heapEach), allEach: Number(heapEach) + Number(buffersEach) }
    },
  }
}

const links: BenchCase = {
  name: 'links',
  group: 'memory',
  count: 1000,
  rows: [
    {
      title: 'idle link',
      key: 'bytesEach',
      unit: 'B',
      better: 'lower',
      floor: { ratio: 0.7 },
      target: { value: 2500 },
    },
    {
      title: 'open 1000 links',
      key: 'milliseconds',
      unit: 'ms',
      better: 'lower',
      floor: { ratio: 0.9 },
      target: { ratio: 0.65 },
    },
  ],
  measure: ({ worker, port, count }) => worker.run('openLinks', { port, count }),
}

const share: BenchCase = {
  name: 'many-links',
  group: 'memory',
  count: 20_000,
  adapts: true,
  atMost: 200_000,
  rows: [
    {
      title: '1000 links with 10 credits each, against one with 10 000',
      key: 'share',
      unit: '',
      better: 'higher',
      floor: { value: 0.6 },
      target: { value: 0.7 },
      relative: true,
    },
    { title: 'send 1 KiB on 1000 links with 10 credits each', key: 'rate', unit: 'msgs/s', better: 'higher' },
  ],
  measure: ({ worker, port, count }) => worker.run('linkShare', { port, count, links: 1000, credit: 10 }),
}

const HELD = 100_000

const held: BenchCase = {
  name: 'held',
  group: 'memory',
  count: HELD,
  rows: [
    {
      title: 'kept of an unsettled 1 KiB message, 100 000 outstanding',
      key: 'bytesEach',
      unit: 'B',
      better: 'lower',
      floor: { value: 1600 },
      target: { value: 400 },
    },
    {
      title: 'CPU of a send with 100 000 outstanding, against 20 000',
      key: 'growth',
      unit: '×',
      better: 'lower',
      target: { value: 1.3 },
      relative: true,
    },
  ],
  measure: ({ worker, port, count }) => worker.run('held', { port, count, ack: 0, credit: 2 * HELD }),
}

export const memoryCases: readonly BenchCase[] = [
  allocation('send', {
    title: 'allocated for each message, send 1 KiB, buffers included',
    key: 'allEach',
    floor: { value: 2000 },
    target: { value: 600 },
  }),
  allocation('receive', {
    title: 'allocated for each message, receive 1 KiB, besides what the socket brings',
    key: 'heapEach',
    floor: { value: 1500 },
    target: { value: 800 },
  }),
  links,
  share,
  held,
]
