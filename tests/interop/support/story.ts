// A story told with one broker: a test with its name in front, queues of its own, and connections that are closed at the end.
import { randomBytes } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import {
  AMQPError,
  Connection,
  type ConnectionOptions,
  type Message,
  type MessageReceiver,
  type MessageSender,
  ReceiveClient,
  type ReceiveClientOptions,
  SendClient,
  type SendClientOptions,
  type WaitOptions,
} from '../../../lib/index.js'
import { emptyQueue } from './empty-queue.js'
import { brokerScripts, type Peer, rabbitmq3, urlOf } from './peers.js'
import { isUp, required } from './probe.js'
import { declareQueue, deleteQueue, type QueueArguments } from './rabbitmq.js'
import { record } from './record.js'
import type { Tool } from './tools.js'

/** Bound of every step that has none of its own. */
export const stepMs = 10_000

/** Real brokers have to bear that ids and delivery-counts wrap [2.8.10]. */
const nearTheWrap = 0xfffffffd

export class Stage {
  readonly t: ExecutionContext
  readonly peer: Peer

  constructor(t: ExecutionContext, peer: Peer) {
    this.t = t
    this.peer = peer
  }

  /** A queue of a new name, which is gone when the test is over; answers its wire address. */
  async queue(options: QueueArguments = {}): Promise<string> {
    return this.peer.address(await this.queueNamed(queueName(), options))
  }

  /** As `queue`, under a name that is given; answers the name. */
  async queueNamed(name: string, options: QueueArguments = {}): Promise<string> {
    const { peer, t } = this
    if (peer.managementPort === undefined) {
      t.teardown(() => emptyQueue(peer, name))
    } else {
      await declareQueue(peer, name, options)
      t.teardown(() => deleteQueue(peer, name))
    }
    return name
  }

  /** A connection with the broker's usual account, closed when the test is over. */
  async connect(options: ConnectionOptions & WaitOptions = {}, url = urlOf(this.peer)): Promise<Connection> {
    const connection = await Connection.connect(url, {
      timeoutMs: stepMs,
      initialId: nearTheWrap,
      ...options,
    })
    this.t.teardown(() => connection.close({ timeoutMs: this.closeMs }))
    if (url === urlOf(this.peer)) this.recordVersion(connection)
    return connection
  }

  private recordVersion({ remoteProperties }: Connection): void {
    const version = remoteProperties?.['version']
    if (typeof version === 'string') record({ peer: this.peer.name, version })
  }

  /** A queue, a connection and a sender to the queue. */
  async sending(): Promise<{ queue: string; connection: Connection; sender: MessageSender }> {
    const queue = await this.queue()
    const connection = await this.connect()
    return { queue, connection, sender: await connection.createSender(queue) }
  }

  /** A client with the broker's usual account, closed when the test is over. */
  sendClient(address: string, options: SendClientOptions = {}): SendClient {
    const client = new SendClient(urlOf(this.peer), { address, initialId: nearTheWrap, ...options })
    this.t.teardown(() => client.close({ timeoutMs: this.closeMs }))
    return client
  }

  /** As `sendClient`, with no more prefetched than the broker can bear. */
  receiveClient(address: string, options: ReceiveClientOptions = {}): ReceiveClient {
    const { prefetch } = this.peer.features
    const client = new ReceiveClient(urlOf(this.peer), {
      address,
      prefetch,
      initialId: nearTheWrap,
      ...options,
    })
    this.t.teardown(() => client.close({ timeoutMs: this.closeMs }))
    return client
  }

  /** A broker that answers no drain would keep us waiting for it. */
  private get closeMs(): number {
    return this.peer.features.drain ? 1000 : 200
  }
}

/** The next message, which has to come. */
export async function next(from: Pick<MessageReceiver, 'receive' | 'explain'>): Promise<Message> {
  const message = await from.receive({ timeoutMs: stepMs })
  if (message === undefined) throw new Error(`nothing came within ${stepMs} ms: ${from.explain()}`)
  return message
}

export const queueName = (): string => `amqp1-${process.pid}-${randomBytes(6).toString('hex')}`

export interface StoryOptions {
  /** The whole story has to be over by then. Default: 20 000. */
  readonly timeoutMs?: number
  /** What has to be installed beside the broker. */
  readonly needs?: Tool
  /** The story is of what this broker does not do: this, in the words of the table in README.md. */
  readonly lacks?: string | undefined
  /** The same of a client of another make. */
  readonly clientLacks?: string
}

/** What a story lacks here, and how it can be had; undefined: nothing. */
function missing(peer: Peer, needs: Tool | undefined): string | undefined {
  if (!isUp(peer)) return `${peer.name} is not running: ${brokerScripts}/start.sh ${peer.name}`
  if (needs !== undefined && !needs.isThere())
    return `${needs.name} not installed: ${brokerScripts}/install.sh`
  return undefined
}

/** The broker's `internal error in channel: noproc`, as it comes in the description: the text, or its bytes in a list. */
const NO_PROCESS = /internal_error,541,.*(?::noproc|58,110,111,112,114,111,99)/

/**
 * RabbitMQ 3.10 now and then loses a process that its channel needs, ends the session over it, and writes so into its log:
 * once in some hundred stories, on a machine that is busy, and whatever the story. Nothing that we sent is to blame.
 */
function lostProcess(peer: Peer, error: unknown): boolean {
  if (peer !== rabbitmq3 || !(error instanceof AMQPError)) return false
  return error.condition === 'amqp:internal-error' && NO_PROCESS.test(error.description ?? '')
}

/** Declares a test that is told with this broker, a skip or a failure when the broker is not there. */
export function story(
  peer: Peer,
  title: string,
  tell: (t: ExecutionContext, stage: Stage) => Promise<void>,
  { timeoutMs = 20_000, needs, lacks, clientLacks }: StoryOptions = {},
): void {
  const named = `${peer.name}: ${title}`
  const lacking = missing(peer, needs)
  if (lacking === undefined) {
    test.serial(named, async (t) => {
      t.timeout(timeoutMs, `the story took over ${timeoutMs} ms`)
      await tell(t, new Stage(t, peer)).catch((error: unknown) => {
        if (!lostProcess(peer, error)) throw error
        t.log(`${peer.name} lost a process of its own: the story is told once more`)
        return tell(t, new Stage(t, peer))
      })
      record({ peer: peer.name, title, lacks, clientLacks })
    })
  } else if (required) {
    test.serial(named, (t) => t.fail(lacking))
  } else {
    test.skip(`${named} (${lacking})`, (t) => t.fail(lacking))
  }
}

/** Declares the same story with each of several brokers. */
export function storyWith(
  several: readonly Peer[],
  title: string,
  tell: (t: ExecutionContext, stage: Stage) => Promise<void>,
  options: StoryOptions = {},
): void {
  for (const peer of several) story(peer, title, tell, options)
}
