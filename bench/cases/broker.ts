// Through RabbitMQ the broker is the limit, so the clients are compared by the CPU they need.

import type { BenchCase } from '../support/case.js'

/** `url` names a queue that exists and is empty: amqp://user:password@host/queues/NAME. */
export function brokerCases(url: string): readonly BenchCase[] {
  const { protocol, username, password, host, pathname } = new URL(url)
  const account = username === '' ? '' : `${username}:${password}@`
  const place = { url: `${protocol}//${account}${host}`, address: pathname }
  return [
    {
      name: 'rabbitmq',
      group: 'broker',
      count: 20_000,
      rows: [
        {
          title: 'RabbitMQ, 1 KiB: CPU of the sender for 100 000',
          key: 'sender',
          unit: 's',
          better: 'lower',
          floor: { ratio: 0.42 },
          target: { ratio: 0.21 },
        },
        {
          title: 'RabbitMQ, 1 KiB: CPU of the receiver for 100 000',
          key: 'receiver',
          unit: 's',
          better: 'lower',
          floor: { ratio: 0.8 },
          target: { ratio: 0.6 },
        },
      ],
      measure: async ({ worker, another, count }) => {
        const other = await another()
        const [received, sent] = await Promise.all([
          other.run('receive', { ...place, count }),
          worker.run('send', { ...place, count }),
        ])
        return { sender: Number(sent['cpu']), receiver: Number(received['cpu']) }
      },
    },
  ]
}
