// Where a client is, and where redirects of its peer take it [2.8.16, 2.8.18]. A redirect is taken up once, by whichever of
// those who notice it comes first.

import { AMQPError, ConnectionRedirect, LinkRedirect } from '../errors.js'
import { type Place, redirectedPlace } from './place.js'

export type Redirect = LinkRedirect | ConnectionRedirect

/** So many redirects in a row are followed; more are a circle. */
const MOST_REDIRECTS = 5
/** One that comes so long after the one before begins a row of its own. */
const REDIRECT_ROW_MS = 60_000

export class Redirects {
  place: Place
  /** The redirect that was taken up last, when, and how many came in a row. */
  private last: Redirect | undefined = undefined
  private lastAtMs = 0
  private inRow = 0

  constructor(place: Place) {
    this.place = place
  }

  /** Is it the redirect that led here? */
  leadsHere(redirect: Redirect): boolean {
    return redirect === this.last
  }

  /** Takes up a redirect; false: it would be one too many, or names a host that cannot be. */
  take(redirect: Redirect, nowMs: number): boolean {
    const inRow = nowMs - this.lastAtMs < REDIRECT_ROW_MS ? this.inRow + 1 : 1
    const place = redirectedPlace(this.place, redirect)
    if (inRow > MOST_REDIRECTS || place === undefined) return false
    this.lastAtMs = nowMs
    this.inRow = inRow
    this.last = redirect
    this.place = place
    return true
  }
}

/** The redirect that an error is, or that a message was lost by. */
export function redirectIn(error: unknown): Redirect | undefined {
  if (error instanceof LinkRedirect || error instanceof ConnectionRedirect) return error
  const lost = error instanceof AMQPError && !error.inDoubt ? error.cause : undefined
  return lost instanceof LinkRedirect || lost instanceof ConnectionRedirect ? lost : undefined
}
