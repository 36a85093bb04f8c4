// The far end of one connection as far as SASL and open go, by the engine in its server role: says what it is
// told to say to a client that logs in, and keeps what the client said.

import { Engine, type EngineListener } from '../../lib/engine/engine.js'
import type { Session } from '../../lib/engine/session.js'
import type { AMQPError } from '../../lib/errors.js'
import type { Transport } from '../../lib/transport/transport.js'

/** What is said next: a challenge, or the outcome. */
export type SaslReply =
  | { readonly kind: 'challenge'; readonly challenge: Uint8Array }
  | { readonly kind: 'outcome'; readonly code: number; readonly additionalData?: Uint8Array | undefined }

/** Answers one response of the client; the first comes with the mechanism. */
export type SaslScript = (
  response: Uint8Array | undefined,
  mechanism: string,
) => SaslReply | Promise<SaslReply>

export class SaslServer implements EngineListener {
  readonly responses: (Uint8Array | undefined)[] = []
  mechanism = ''
  opened = false
  reason: AMQPError | undefined = undefined
  private readonly engine: Engine
  private readonly transport: Transport
  private readonly script: SaslScript

  constructor(transport: Transport, mechanisms: readonly string[], script: SaslScript) {
    this.transport = transport
    this.script = script
    const open = { containerId: 'server', maxFrameSize: 65536, channelMax: 0, idleTimeoutMs: 0 }
    this.engine = new Engine(
      { role: 'server', mechanisms, allowNoSasl: false, hostname: undefined, open },
      this,
    )
    transport.onBytes = (chunk) => {
      this.engine.receive(chunk, 0)
      this.flush()
    }
  }

  private flush(): void {
    const pieces = this.engine.take(0)
    if (pieces.length > 0) this.transport.write(pieces)
    this.engine.handedOver()
  }

  onOutput(): void {}
  onOutputFull(): void {}
  onMechanisms(): void {}
  onChallenge(): void {}
  onSuccess(): void {}

  onInit(mechanism: string, response: Uint8Array | undefined): void {
    this.mechanism = mechanism
    this.onSaid(response)
  }

  onResponse(response: Uint8Array): void {
    this.onSaid(response)
  }

  private async onSaid(response: Uint8Array | undefined): Promise<void> {
    this.responses.push(response?.slice())
    const reply = await this.script(response?.slice(), this.mechanism)
    if (reply.kind === 'challenge') this.engine.handshake.challenge(reply.challenge)
    else this.engine.handshake.outcome(reply.code, reply.additionalData)
    this.flush()
  }

  onOpen(): void {
    this.opened = true
    this.engine.connection.open()
  }

  onSession(_session: Session): void {}

  onEnd(reason: AMQPError | undefined): void {
    this.reason = reason
    this.flush()
    this.transport.end()
  }
}
