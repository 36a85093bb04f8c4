// One attempt to connect: its steps share one limit, and every failure says what was tried and how far it
// came.

import type { ConnectionPhase } from '../errors.js'
import { AMQPConnectionError, AMQPTimeoutError } from '../errors.js'
import { realClock } from '../util/clock.js'
import { type StartWait, waitFor } from '../util/deferred.js'
import { formatHostPort } from './address.js'
import { connectFailure } from './failure.js'
import type { ConnectOptions, ConnectTarget } from './transport.js'
import { DEFAULT_CONNECT_TIMEOUT_MS } from './transport.js'

const MISSING: Partial<Record<ConnectionPhase, string>> = {
  dns: 'the name was not resolved',
  proxy: 'it did not answer',
  tls: 'TLS was not agreed on',
  websocket: 'the WebSocket was not agreed on',
}

interface Limits {
  readonly signal: ConnectOptions['signal']
  readonly timeoutMs: number
  /** Set when the first step begins. */
  endMs: number | undefined
}

/** What a peer said in words of HTTP. */
export interface HttpAnswer {
  readonly httpStatus: number
}

export class Attempt {
  /** Where to, for people to read. */
  readonly description: string
  private readonly host: string
  private readonly limits: Limits
  private readonly proxy: string | undefined
  private phase: ConnectionPhase

  static begin(target: ConnectTarget, options: ConnectOptions): Attempt {
    const { signal, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options
    return new Attempt(
      formatHostPort(target.host, target.port),
      { signal, timeoutMs, endMs: undefined },
      undefined,
    )
  }

  private constructor(host: string, limits: Limits, proxy: string | undefined) {
    this.host = host
    this.limits = limits
    this.proxy = proxy
    this.description = proxy === undefined ? host : `${host} through the proxy ${proxy}`
    this.phase = proxy === undefined ? 'tcp' : 'proxy'
  }

  /** The part of the attempt that ends when the proxy has connected us. All of it is of phase `proxy`. */
  throughProxy(proxy: ConnectTarget): Attempt {
    return new Attempt(this.host, this.limits, formatHostPort(proxy.host, proxy.port))
  }

  /** The next phase begins. */
  enter(phase: ConnectionPhase): void {
    if (this.proxy === undefined) this.phase = phase
  }

  /** Waits as {@link waitFor} does, within what is left of the limit. */
  step<T>(start: StartWait<T>): Promise<T> {
    const { limits } = this
    const nowMs = realClock.now()
    const leftMs = limits.endMs === undefined ? limits.timeoutMs : Math.max(0, limits.endMs - nowMs)
    limits.endMs ??= nowMs + limits.timeoutMs
    return waitFor(start, { signal: limits.signal, timeoutMs: leftMs }, realClock, () => this.tookTooLong())
  }

  /** The error for what the platform reports. */
  failure(cause: unknown): AMQPConnectionError {
    return connectFailure(this.phase, this.description, cause, this.host)
  }

  /** The error for an answer that we did not want. */
  refused(why: string, retryable: boolean, answer?: HttpAnswer): AMQPConnectionError {
    return this.error(`could not connect to ${this.description}: ${why}`, retryable, { info: { ...answer } })
  }

  private tookTooLong(): AMQPConnectionError {
    const { timeoutMs } = this.limits
    const missing = MISSING[this.phase] ?? 'no answer came'
    return this.error(
      `could not connect to ${this.description}: ${missing} within ${timeoutMs} ms; check network and firewall`,
      true,
      { cause: new AMQPTimeoutError(`no connection within ${timeoutMs} ms`, { timeoutMs }) },
    )
  }

  private error(
    message: string,
    retryable: boolean,
    more: { cause?: unknown; info?: Readonly<Record<string, unknown>> },
  ): AMQPConnectionError {
    const { phase, host } = this
    return new AMQPConnectionError(message, {
      phase,
      retryable,
      context: { operation: 'connecting', host },
      ...more,
    })
  }
}
