// Idle time both ways [2.4.5]: when the peer is owed a frame, and when its silence has lasted too long. Arithmetic only;
// times in milliseconds, 0 for no limit.

export class IdleTime {
  private lastReceivedMs = 0
  private lastSentMs = 0

  received(nowMs: number): void {
    this.lastReceivedMs = nowMs
  }

  sent(nowMs: number): void {
    this.lastSentMs = nowMs
  }

  /** Has the peer been silent for all of our idle time? */
  isOver(nowMs: number, ours: number): boolean {
    return ours > 0 && nowMs >= this.lastReceivedMs + ours
  }

  /** Has half of the peer's idle time passed without a frame of ours? */
  owesFrame(nowMs: number, theirs: number): boolean {
    return theirs > 0 && nowMs >= this.lastSentMs + theirs / 2
  }

  /** When one of the two is next to be looked at. */
  deadline(ours: number, theirs: number): number | undefined {
    const end = ours > 0 ? this.lastReceivedMs + ours : Number.POSITIVE_INFINITY
    const owed = theirs > 0 ? this.lastSentMs + theirs / 2 : Number.POSITIVE_INFINITY
    const next = Math.min(end, owed)
    return next === Number.POSITIVE_INFINITY ? undefined : next
  }
}
