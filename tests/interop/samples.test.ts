// Samples that want a broker of their own, run against the real one.
import { join } from 'node:path'
import { rabbitmq4, urlOf } from './support/peers.js'
import { run } from './support/programs.js'
import { story } from './support/story.js'

story(
  rabbitmq4,
  'the sample rabbitmq-management declares a quorum queue, uses it and deletes it',
  async (t) => {
    const said = await run(process.execPath, [join('build-samples', 'rabbitmq-management.js')], {
      env: { AMQP1_URL: urlOf(rabbitmq4) },
    })
    t.regex(said, /PUT \/queues\/\S+: status 201\nit is a quorum queue/)
    t.regex(said, /sent: accepted .*\nreceived: one pizza/)
    t.regex(said, /messages left: 0/)
    t.regex(said, /DELETE \/queues\/\S+: status 200\n$/)
  },
)
