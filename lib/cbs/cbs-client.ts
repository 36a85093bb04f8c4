// Claims-based security [CBS 1.0 draft, and the older dialect of Azure]: tokens are put to a node of the peer before
// links are attached. One pair of links a connection, whatever the number of audiences; one put at a time for each.

import type { AuthorizedConnection } from '../connection/authenticator.js'
import type { MessageSender } from '../connection/message-sender.js'
import type { Session } from '../connection/session.js'
import { Deadline, within } from '../connection/waits.js'
import { isRetryableCondition } from '../engine/reasons.js'
import { AMQPError, AMQPTimeoutError, MgmtError, TokenAuthFailure } from '../errors.js'
import { Message } from '../message/message.js'
import { MgmtOperation } from '../mgmt/mgmt-operation.js'
import type { WaitOptions } from '../util/deferred.js'

const NODE = '$cbs'
/** Offered by peers that speak the 1.0 draft, and desired by us. */
export const CBS_CAPABILITY = 'AMQP_CBS_V1_0'

/** A token and what it is for. */
export interface Claim {
  readonly audience: string
  /** `servicebus.windows.net:sastoken`, `jwt`, … */
  readonly tokenType: string
  readonly token: string
  readonly expiresAtMs: number | undefined
}

/** A put that has no answer yet. */
interface Put {
  readonly claim: Claim
  readonly done: Promise<void>
}

const clients = new WeakMap<AuthorizedConnection, CbsClient>()

export class CbsClient {
  private readonly connection: AuthorizedConnection
  private session: Promise<Session> | undefined = undefined
  private operation: MgmtOperation | undefined = undefined
  private sender: Promise<MessageSender> | undefined = undefined
  /** The last put of each audience, while it is under way. */
  private readonly puts = new Map<string, Put>()

  private constructor(connection: AuthorizedConnection) {
    this.connection = connection
  }

  /** The one client of a connection. */
  static of(connection: AuthorizedConnection): CbsClient {
    let client = clients.get(connection)
    if (client === undefined) {
      client = new CbsClient(connection)
      clients.set(connection, client)
    }
    return client
  }

  /**
   * Puts a token, after the one that is just being put for the same audience; if that is the same token, once for both.
   * Rejects with TokenAuthFailure (status and description) when it is refused, with AMQPTimeoutError when the peer does
   * not answer in time, else as `RequestReply.request` does.
   */
  async putToken(claim: Claim, wait: WaitOptions): Promise<void> {
    const { audience } = claim
    const before = this.puts.get(audience)
    if (before !== undefined && sameToken(before.claim, claim)) return before.done
    const put = { claim, done: this.putAfter(before?.done, claim, wait) }
    this.puts.set(audience, put)
    try {
      await put.done
    } finally {
      if (this.puts.get(audience) === put) this.puts.delete(audience)
    }
  }

  private async putAfter(before: Promise<void> | undefined, claim: Claim, wait: WaitOptions): Promise<void> {
    await before?.catch(() => {})
    const deadline = new Deadline(this.connection.clock, wait)
    try {
      const session = await this.bounded(this.opened(), deadline)
      if (this.connection.remoteOfferedCapabilities.includes(CBS_CAPABILITY))
        await this.setToken(session, claim, deadline)
      else await this.requestPutToken(session, claim, deadline)
    } catch (error) {
      throw refusal(error, claim)
    }
  }

  /** What is shared with other puts is waited for no longer than this one may take. */
  private bounded<T>(shared: Promise<T>, { wait, timeoutMs = 0 }: Deadline): Promise<T> {
    return within(
      shared,
      wait,
      this.connection.clock,
      () =>
        new AMQPTimeoutError(`Claims could not be begun within ${timeoutMs} ms`, {
          timeoutMs,
          context: { operation: 'putting a token', address: NODE },
        }),
    )
  }

  /** Azure's dialect: a request, and a status in the answer. */
  private async requestPutToken(session: Session, claim: Claim, deadline: Deadline): Promise<void> {
    if (this.operation === undefined)
      this.operation = new MgmtOperation(session, { node: NODE, clock: this.connection.clock })
    const { audience, tokenType, token, expiresAtMs } = claim
    const request = new Message(token, {
      bodyType: 1,
      properties: { to: NODE },
      applicationProperties: {
        name: audience,
        ...expiration(expiresAtMs),
      },
    })
    await this.operation.execute('put-token', tokenType, request, deadline.wait)
  }

  /** The draft's form: a message without an answer, whose outcome tells. */
  private async setToken(session: Session, claim: Claim, deadline: Deadline): Promise<void> {
    const node = this.connection.remoteProperties?.['cbs-node']
    if (this.sender === undefined) {
      const sender = session.createSender(typeof node === 'string' ? node : NODE, {
        sndSettleMode: 'unsettled',
      })
      const forget = (): void => {
        if (this.sender === sender) this.sender = undefined
      }
      this.sender = sender
      sender.then((open) => open.closed.then(forget), forget)
    }
    const sender = await this.bounded(this.sender, deadline)
    const { tokenType, token } = claim
    const message = new Message(token, {
      bodyType: 1,
      properties: { subject: 'set-token' },
      applicationProperties: {
        'token-type': tokenType.includes(':') ? tokenType : `amqp:${tokenType}`,
      },
    })
    await sender.sendAccepted(message, deadline.wait)
  }

  /** Claims have a session of their own; when it is lost, the next claim begins another. */
  private opened(): Promise<Session> {
    if (this.session === undefined) {
      const session = this.connection.createClaimsSession() as Promise<Session>
      const forget = (): void => {
        if (this.session !== session) return
        this.session = undefined
        this.operation = undefined
        this.sender = undefined
      }
      this.session = session
      session.then((open) => open.closed.then(forget), forget)
    }
    return this.session
  }
}

/** A time beyond all dates is no expiry. */
function expiration(expiresAtMs = Number.POSITIVE_INFINITY): { expiration?: Date } {
  const date = new Date(expiresAtMs)
  return Number.isNaN(date.getTime()) ? {} : { expiration: date }
}

function sameToken(one: Claim, other: Claim): boolean {
  return one.token === other.token && one.tokenType === other.tokenType
}

/**
 * What a refused token looks like to the user; other errors are what they are. A peer may quote the token: we do not, and
 * whoever quotes it has refused it, whatever the condition.
 */
function refusal(error: unknown, { audience, token }: Claim): unknown {
  if (!(error instanceof AMQPError)) return error
  const condition = error.condition?.replaceAll(token, '…')
  const description = error.description?.replaceAll(token, '…')
  const quoted =
    condition !== error.condition || description !== error.description || error.message.includes(token)
  if (!(error instanceof MgmtError) && isRetryableCondition(error.condition) && !quoted) return error
  const statusCode = error instanceof MgmtError ? error.statusCode : undefined
  const said = description ?? condition ?? 'no reason given'
  const status = statusCode === undefined ? '' : `status ${statusCode}, `
  return new TokenAuthFailure(`The token for "${audience}" was refused: ${status}${said}`, {
    statusCode,
    condition,
    description,
    retryable: error.retryable,
    context: { operation: 'putting a token', address: NODE },
    cause: quoted || error.info !== undefined ? undefined : error,
  })
}
