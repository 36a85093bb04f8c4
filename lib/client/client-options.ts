// Options that sending and receiving clients share, and their checks.

import type { Connection } from '../connection/connection.js'
import { ErrorPolicy } from '../connection/error-policy.js'
import { CONNECTION_CHECKS, type ConnectionOptions, isAuth } from '../connection/options.js'
import type { Fields } from '../types/maps.js'
import type { WaitOptions } from '../util/deferred.js'
import {
  boolean,
  callback,
  checkOptions,
  type OptionCheck,
  object,
  text,
  texts,
  WAIT_OPTIONS,
} from '../util/options.js'

/** Options of both clients. */
export interface AMQPClientOptions
  extends Omit<ConnectionOptions, 'desiredCapabilities' | 'offeredCapabilities'> {
  /**
   * Use this connection, and leave it open at the end. The target or source may then be a bare address. What it was made
   * with stays as it is: of the options about the connection `auth` alone has an effect, when it brings tokens.
   */
  readonly connection?: Connection | undefined
  /** Wire address of the node, verbatim. Default: the path of the URL, percent-decoded. */
  readonly address?: string | undefined
  /** Name of the link. Default: a random one. */
  readonly linkName?: string | undefined
  /** Link properties to tell the peer. */
  readonly linkProperties?: Fields | undefined
  /** Capabilities that the link desires of the peer. */
  readonly desiredCapabilities?: readonly string[] | undefined
  /**
   * Try again what failed, as the policy says: opening, and sending a message. Default: nothing is tried again, every
   * failure is told at once.
   */
  readonly errorPolicy?: ErrorPolicy | undefined
  /**
   * Go where the peer redirects to [2.8.16, 2.8.18], with the same credentials: messages that wait are sent there, and
   * receiving goes on there. TLS expects a certificate for the `hostname` that the redirect names. Ignored with the option
   * `connection`. Default: false, the operation rejects with LinkRedirect or ConnectionRedirect.
   */
  readonly followRedirects?: boolean | undefined
}

/** Options of `redirect`. */
export interface RedirectOptions extends WaitOptions {
  /** Credentials for the new place. Default: the same as before. */
  readonly auth?: AMQPClientOptions['auth']
}

const { offeredCapabilities: _unused, ...OWN_CONNECTION_CHECKS } = CONNECTION_CHECKS

export const CLIENT_CHECKS: Readonly<Record<string, OptionCheck>> = {
  ...OWN_CONNECTION_CHECKS,
  connection: object,
  address: text,
  linkName: text,
  linkProperties: object,
  desiredCapabilities: texts,
  errorPolicy: (value, name) => {
    if (!(value instanceof ErrorPolicy)) throw new TypeError(`${name} must be an ErrorPolicy`)
  },
  followRedirects: boolean,
  onAttach: callback,
}

/** Other libraries take the credentials in place of the options. */
export function refuseCredentials(what: string, options: unknown): void {
  if (isAuth(options)) throw new TypeError(`${what}: credentials go into the options: { auth: … }`)
}

export function checkClientOptions(
  what: string,
  options: unknown,
  checks: Readonly<Record<string, OptionCheck>>,
): void {
  refuseCredentials(what, options)
  checkOptions(what, options, checks)
}

export const REDIRECT_CHECKS: Readonly<Record<string, OptionCheck>> = {
  ...WAIT_OPTIONS,
  auth: CONNECTION_CHECKS['auth'] as OptionCheck,
}
