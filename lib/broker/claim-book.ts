// The claims of one connection, and the links that live by them. A claim for a path covers what lies below it; when no
// claim covers a link any more, it is detached, as cloud brokers do.

import type { Link } from '../engine/link.js'
import type { Clock, Timer } from '../util/clock.js'

/** So many paths may be claimed at a time: each claim and each link is compared with all of them. */
const MOST_CLAIMS = 1_000
const SLASH = 0x2f
/** So many claims are told of. */
const MOST_NAMED = 3

export class ClaimBook {
  private readonly clock: Clock
  /** When each claim expires, in milliseconds since 1970, by its path. */
  private readonly expiries = new Map<string, number>()
  /** Address of each link that needs a claim. */
  private readonly links = new Map<Link, string>()
  private timer: Timer | undefined = undefined
  private ended = false
  /** The client said who it is when it logged in: it needs no claims. */
  exempt = false

  constructor(clock: Clock) {
    this.clock = clock
  }

  get nowMs(): number {
    return this.clock.date()
  }

  /** Puts a claim in force, in place of one for the same path. False: there are as many others as there may be. */
  put(path: string, expiresAtMs: number): boolean {
    if (this.expiries.size >= MOST_CLAIMS && !this.expiries.has(path)) return false
    this.expiries.set(path, expiresAtMs)
    this.schedule()
    return true
  }

  /** Nodes of the broker itself, such as `$management`, are for everybody who has a claim for anything. */
  covers(address: string): boolean {
    if (this.exempt) return true
    const path = trimmed(address)
    const now = this.nowMs
    for (const [claimed, expiresAtMs] of this.expiries) {
      if (expiresAtMs > now && (path.startsWith('$') || isWithin(path, claimed))) return true
    }
    return false
  }

  /** Why an address is not covered. */
  absenceOf(address: string): string {
    const now = this.nowMs
    const inForce = [...this.expiries].flatMap(([path, expiresAtMs]) =>
      expiresAtMs > now ? [`"${path}"`] : [],
    )
    const more = inForce.length > MOST_NAMED ? ' and others' : ''
    const there =
      inForce.length === 0 ? 'there is none at all' : `only for ${inForce.slice(0, MOST_NAMED).join(', ')}`
    return `there is no claim in force for "${address}", ${there}${more}`
  }

  /** Detaches the link when no claim covers its address any more. */
  watch(link: Link, address: string): void {
    if (!this.exempt) this.links.set(link, address)
  }

  forget(link: Link): void {
    this.links.delete(link)
  }

  /** The connection has ended. */
  end(): void {
    this.ended = true
    this.timer?.cancel()
    this.links.clear()
  }

  private schedule(): void {
    this.timer?.cancel()
    if (this.ended) return
    const next = Math.min(...this.expiries.values())
    if (next === Number.POSITIVE_INFINITY) return
    this.timer = this.clock.setTimer(Math.max(0, next - this.nowMs), () => this.onExpiry())
  }

  private onExpiry(): void {
    const now = this.nowMs
    for (const [path, expiresAtMs] of this.expiries) if (expiresAtMs <= now) this.expiries.delete(path)
    for (const [link, address] of [...this.links]) {
      if (this.covers(address)) continue
      link.detach(true, {
        kind: 'error',
        condition: 'amqp:unauthorized-access',
        description: `the claim for "${address}" has expired`,
      })
    }
    this.schedule()
  }
}

/** The path of an audience such as `sb://host/queue`. */
export function pathOf(audience: string): string {
  return trimmed(audience.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, ''))
}

/** Is the path the same as this one, or below it? */
export function isWithin(path: string, above: string): boolean {
  return above === '' || path === above || path.startsWith(`${above}/`)
}

/** A pattern would look at each slash of a long row as often as there are slashes behind it. */
function trimmed(path: string): string {
  let start = 0
  let end = path.length
  while (start < end && path.charCodeAt(start) === SLASH) start++
  while (end > start && path.charCodeAt(end - 1) === SLASH) end--
  return path.slice(start, end)
}
