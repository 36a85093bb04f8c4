// Where a client is, and where redirects of its peer take it [2.8.16, 2.8.18]. A redirect is taken up once, by whichever of
// those who notice it comes first.

import type { TransportType } from '../constants.js'
import { AMQPError, ConnectionRedirect, LinkRedirect } from '../errors.js'
import { checkOptions } from '../util/options.js'
import { REDIRECT_CHECKS } from './client-options.js'
import { type Place, redirectedPlace } from './place.js'

export type Redirect = LinkRedirect | ConnectionRedirect

/** So many redirects in a row are followed; more are a circle. */
const MOST_REDIRECTS = 5
/** One that comes so long after the one before begins a row of its own. */
const REDIRECT_ROW_MS = 60_000

export class Redirects {
  place: Place
  private readonly transportType: TransportType | undefined
  /** The redirect that was taken up last, when, and how many came in a row. */
  private last: Redirect | undefined = undefined
  private lastAtMs = 0
  private inRow = 0

  constructor(place: Place, transportType: TransportType | undefined) {
    this.place = place
    this.transportType = transportType
  }

  /** Is it the redirect that led here? */
  leadsHere(redirect: Redirect): boolean {
    return redirect === this.last
  }

  /** Does it name a place that can be? */
  canLead(redirect: Redirect): boolean {
    return redirectedPlace(this.place, redirect, this.transportType) !== undefined
  }

  /** Takes up a redirect that came by itself; false: it would be one too many in a row, or names a host that cannot be. */
  take(redirect: Redirect, nowMs: number): boolean {
    const inRow = nowMs - this.lastAtMs < REDIRECT_ROW_MS ? this.inRow + 1 : 1
    if (inRow > MOST_REDIRECTS || !this.go(redirect)) return false
    this.lastAtMs = nowMs
    this.inRow = inRow
    return true
  }

  /** Takes up a redirect, however many came before; false: it names a host that cannot be. */
  go(redirect: Redirect): boolean {
    const place = redirectedPlace(this.place, redirect, this.transportType)
    if (place === undefined) return false
    this.last = redirect
    this.place = place
    return true
  }
}

/** Refuses what `redirect` does not take. */
export function checkRedirect(to: unknown, options: unknown, connectionGiven: boolean): void {
  checkOptions('redirect', options, REDIRECT_CHECKS)
  if (redirectIn(to) !== to) throw new TypeError('redirect: to must be a LinkRedirect or ConnectionRedirect')
  if (connectionGiven)
    throw new TypeError('redirect: the client uses a connection that it was given, and cannot leave it')
}

/** The redirect that an error is, or that a message was lost by. */
export function redirectIn(error: unknown): Redirect | undefined {
  if (error instanceof LinkRedirect || error instanceof ConnectionRedirect) return error
  const lost = error instanceof AMQPError && !error.inDoubt ? error.cause : undefined
  return lost instanceof LinkRedirect || lost instanceof ConnectionRedirect ? lost : undefined
}

/** The redirect that an error is, when it is the one that ended the link: a handler may have come by another elsewhere. */
export async function redirectOf(
  link: { readonly isOpen: boolean; readonly closed: Promise<AMQPError | undefined> },
  error: unknown,
): Promise<Redirect | undefined> {
  const redirect = redirectIn(error)
  return redirect !== undefined && !link.isOpen && (await link.closed) === redirect ? redirect : undefined
}
