// A link by which a node answers a client. A client that asks and takes no answers is asked to wait: what waits for it to
// grant credit is bounded.

import { OutgoingDelivery, WRITTEN } from '../engine/delivery.js'
import { SND_SETTLED } from '../engine/link.js'
import { payloadBytes } from '../engine/payload.js'
import type { SenderLink } from '../engine/sender-link.js'
import type { Message } from '../message/message.js'
import { Queue } from '../util/queue.js'

/** With so many bytes of answers waiting, no further request is carried out. */
const MOST_WAITING_BYTES = 16_777_216

/** An answer on its way; what becomes of it concerns nobody. */
class Answer extends OutgoingDelivery {
  bytes = 0
  onSettled(): void {}
  onLost(): void {}
}

export class Answers {
  readonly link: SenderLink
  private readonly waiting = new Queue<Answer>()
  private waitingBytes = 0

  constructor(link: SenderLink) {
    this.link = link
  }

  /** Does as much wait as may? */
  get full(): boolean {
    for (let first = this.waiting.peek(); first !== undefined; first = this.waiting.peek()) {
      if (first.progress < WRITTEN) break
      this.waiting.shift()
      this.waitingBytes -= first.bytes
    }
    return this.waitingBytes >= MOST_WAITING_BYTES
  }

  /** Throws as `SenderLink.send`. */
  send(message: Message): void {
    const answer = new Answer(this.link.sndSettleMode === SND_SETTLED, undefined)
    this.link.send(answer, message)
    if (answer.payload === undefined) return
    answer.bytes = payloadBytes(answer.payload)
    this.waitingBytes += answer.bytes
    this.waiting.push(answer)
  }
}
