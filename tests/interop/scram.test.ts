// SASL SCRAM with brokers that other people have written: who we are is shown to each other, and no password sent.
import { AuthenticationError, Connection, SASLPassword, SASLScram, type ScramName } from '../../lib/index.js'
import { artemis, brokerJ, type Peer } from './support/peers.js'
import { stepMs, story } from './support/story.js'

interface Offer {
  readonly peer: Peer
  /** The best first. */
  readonly offered: readonly ScramName[]
  readonly lacking: ScramName
}

const offers: readonly Offer[] = [
  { peer: artemis, offered: ['SCRAM-SHA-512', 'SCRAM-SHA-256'], lacking: 'SCRAM-SHA-1' },
  { peer: brokerJ, offered: ['SCRAM-SHA-256', 'SCRAM-SHA-1'], lacking: 'SCRAM-SHA-512' },
]

for (const { peer, offered, lacking } of offers) {
  const url = `amqp://127.0.0.1:${peer.port}`
  const attempt = (user: string, password: string, mechanism: ScramName): Promise<Connection> =>
    Connection.connect(url, {
      timeoutMs: stepMs,
      auth: SASLScram(user, password, { mechanisms: [mechanism] }),
    })

  for (const mechanism of offered) {
    story(
      peer,
      `${mechanism} lets us in, and refuses a wrong password and an unknown user alike (RFC 5802)`,
      async (t, stage) => {
        const auth = SASLScram('test', 'test', { mechanisms: [mechanism] })
        const connection = await stage.connect({ auth }, url)
        const sender = await connection.createSender(await stage.queue())
        t.is((await sender.send('x', { timeoutMs: stepMs })).kind, 'accepted')
        for (const [user, password] of [
          ['test', 'wrong'],
          ['nobody', 'test'],
        ] as const) {
          const error = await t.throwsAsync<AuthenticationError>(attempt(user, password, mechanism), {
            instanceOf: AuthenticationError,
          })
          t.like(error, { outcomeCode: 1, phase: 'sasl', retryable: false })
          t.regex(error.message, new RegExp(`Authentication by ${mechanism} at 127.0.0.1 failed`))
          t.notRegex(JSON.stringify(error) + error.stack, /wrong/)
        }
      },
    )
  }

  story(
    peer,
    `offers no ${lacking}: the error names what it offers [5.3.3.1]`,
    async (t) => {
      const error = await t.throwsAsync(attempt('test', 'test', lacking), { instanceOf: AuthenticationError })
      t.regex(error.message, new RegExp(`offers only .*${offered.at(0)}.*our credentials need ${lacking}`))
    },
    { lacks: lacking },
  )

  story(peer, `of user name and password we choose ${offered[0]}, the best it offers`, async (t, stage) => {
    const chosen: string[] = []
    const auth = SASLPassword('test', 'test')
    const watched = {
      ...auth,
      create: (name: string) => {
        chosen.push(name)
        return auth.create(name)
      },
    }
    const connection = await stage.connect({ auth: watched }, url)
    t.true(connection.isOpen)
    t.deepEqual(chosen, [offered[0]])
  })
}
