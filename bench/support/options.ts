// What the user asks for: flags, and variables of the environment for those who run by script.

import { parseArgs } from 'node:util'

export const USAGE = `npm run bench -- [flags]      (a flag's value follows an equals sign)

  --case=NAME       only cases whose name has NAME in it; may be given several times
  --group=NAME      only a group: codec, loopback, memory, broker; may be given several times
  --rounds=N        rounds of each case, 5 unless AMQP1_BENCH_ROUNDS says otherwise
  --seconds=S       length of a round, 0.4 unless AMQP1_BENCH_SECONDS says otherwise
  --json=FILE       also writes everything measured as JSON
  --markdown=FILE   also writes the table to a file
  --profile         also tells which functions of amqp1 take the time of each case
  --list            names the cases
  --help

AMQP1_BENCH_RABBITMQ=amqp://user:password@host/queues/NAME adds the case that needs RabbitMQ: an existing, empty queue.
A quick look: AMQP1_BENCH_ROUNDS=1 AMQP1_BENCH_SECONDS=0.1 npm run bench
`

export interface Options {
  readonly cases: readonly string[]
  readonly groups: readonly string[]
  readonly rounds: number
  readonly seconds: number
  readonly json: string | undefined
  readonly markdown: string | undefined
  readonly profile: boolean
  readonly list: boolean
  readonly help: boolean
  readonly rabbitmq: string | undefined
}

/** @throws TypeError or RangeError that says what cannot be */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: 'string', multiple: true },
      group: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'string' },
      profile: { type: 'boolean' },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  const rounds = positive('rounds', values.rounds ?? env['AMQP1_BENCH_ROUNDS'] ?? '5')
  if (!Number.isInteger(rounds)) throw new RangeError('rounds must be a whole number')
  return {
    cases: values.case ?? [],
    groups: values.group ?? [],
    rounds,
    seconds: positive('seconds', values.seconds ?? env['AMQP1_BENCH_SECONDS'] ?? '0.4'),
    json: values.json,
    markdown: values.markdown,
    profile: values.profile ?? false,
    list: values.list ?? false,
    help: values.help ?? false,
    rabbitmq: env['AMQP1_BENCH_RABBITMQ'],
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < 10_000)) throw new RangeError(`${name} must be a number above 0, not ${text}`)
  return value
}
