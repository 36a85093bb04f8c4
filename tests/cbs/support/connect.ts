// A connection to the stage's broker that is closed with the test.

import type { ExecutionContext } from 'ava'
import { Connection } from '../../../lib/connection/connection.js'
import type { ConnectionOptions } from '../../../lib/connection/options.js'
import type { Stage } from '../../client/support/stage.js'

export async function connectTo(
  t: ExecutionContext,
  stage: Stage,
  options: ConnectionOptions,
): Promise<Connection> {
  const connection = await stage.until(Connection.connect(stage.url(''), { ...stage.base, ...options }))
  t.teardown(() => stage.until(connection.close()))
  return connection
}
