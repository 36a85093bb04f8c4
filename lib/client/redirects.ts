// Where a client is, and where redirects of its peer take it [2.8.16, 2.8.18]. A redirect is taken up once, by whichever of
// those who notice it comes first.

import type { TransportType } from '../constants.js'
import { AMQPError, ConnectionRedirect, LinkRedirect } from '../errors.js'
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

  /** Takes up a redirect; false: it would be one too many. */
  take(redirect: Redirect, nowMs: number): boolean {
    const inRow = nowMs - this.lastAtMs < REDIRECT_ROW_MS ? this.inRow + 1 : 1
    if (inRow > MOST_REDIRECTS) return false
    this.lastAtMs = nowMs
    this.inRow = inRow
    this.go(redirect)
    return true
  }

  /** Takes up a redirect, however many came before. */
  go(redirect: Redirect): void {
    this.last = redirect
    this.place = redirectedPlace(this.place, redirect, this.transportType)
  }
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
