// The node `$cbs` as a test wants it: takes every token and keeps it, until it is told to answer otherwise.

import type { ExecutionContext } from 'ava'
import type { BrokerOptions, NodeHandler } from '../../../lib/broker/index.js'
import { Connection } from '../../../lib/connection/connection.js'
import type { ConnectionOptions } from '../../../lib/connection/options.js'
import { Message } from '../../../lib/message/message.js'
import { AMQPInt } from '../../../lib/types/index.js'
import { Stage } from '../../client/support/stage.js'

export const HOST = 'embedded.invalid'
export const MINUTE = 60_000

export interface Put {
  readonly atMs: number
  readonly audience: string
  readonly type: string
  readonly token: string
  /** As the request tells it, in milliseconds since 1970. */
  readonly expirationMs: number | undefined
}

export class Desk {
  readonly stage: Stage
  readonly puts: Put[] = []
  /** Status of the next answers. */
  status = 202
  /** Tokens that are not taken, whatever the status. */
  readonly stale: Set<string> = new Set()
  description = 'Accepted'
  /** Nothing is answered any more, until `answerHeld`. */
  silent = false
  private held: ((answer: Message) => void)[] = []

  constructor(stage: Stage) {
    this.stage = stage
    stage.broker.addNode('$cbs', this.handler)
  }

  static async open(t: ExecutionContext, options: BrokerOptions = {}): Promise<Desk> {
    return new Desk(await Stage.open(t, options))
  }

  private readonly handler: NodeHandler = (request) => {
    const { name, type, expiration } = request.applicationProperties ?? {}
    this.puts.push({
      atMs: this.stage.clock.date(),
      audience: String(name),
      type: String(type),
      token: request.text(),
      expirationMs: expiration instanceof Date ? expiration.getTime() : undefined,
    })
    if (this.silent) return new Promise((resolve) => this.held.push(resolve))
    return this.answer(this.stale.has(request.text()) ? 401 : this.status)
  }

  private answer(status = this.status): Message {
    return new Message(null, {
      applicationProperties: {
        'status-code': new AMQPInt(status),
        'status-description': this.description,
      },
    })
  }

  /** What was not answered is now. */
  answerHeld(): void {
    for (const resolve of this.held.splice(0)) resolve(this.answer())
  }

  /** Connects; the connection is closed with the test. */
  async connect(t: ExecutionContext, options: ConnectionOptions): Promise<Connection> {
    const { stage } = this
    const connection = await stage.until(Connection.connect(stage.url(''), { ...stage.base, ...options }))
    t.teardown(() => stage.until(connection.close()))
    return connection
  }

  get nowMs(): number {
    return this.stage.clock.date()
  }

  /** Frames that the client wrote, by kind and, for attaches, address. */
  get written(): string[] {
    return this.stage.frames
      .map((line) => /^-> \d+ (attach|transfer)\b(?:.*target\(address="([^"]*)")?/.exec(line))
      .filter((match) => match !== null)
      .map(([, kind, address]) => (address === undefined ? String(kind) : `${kind} ${address}`))
  }
}
