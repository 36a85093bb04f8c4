// Who may come in, by SASL [5.3]: PLAIN against the users given, ANONYMOUS, EXTERNAL by the client's certificate. With
// claims-based security everybody may come in, and nobody may do anything until a claim allows it.

import { createHash, timingSafeEqual } from 'node:crypto'
import { parsePlain } from '../sasl/plain.js'
import { utf8Decode } from '../util/bytes.js'
import type { BrokerSettings } from './options.js'

export class Authentication {
  /** Offered to every client, the best first. */
  readonly mechanisms: readonly string[]
  private readonly users: ReadonlyMap<string, string>

  constructor(
    settings: Pick<BrokerSettings, 'users' | 'anonymous' | 'certificates'> &
      Partial<Pick<BrokerSettings, 'cbs'>>,
  ) {
    const { users, anonymous, certificates, cbs } = settings
    this.users = new Map(Object.entries(users ?? {}))
    this.mechanisms = [
      ...(certificates ? ['EXTERNAL'] : []),
      ...(users === undefined ? [] : ['PLAIN']),
      ...(cbs === undefined ? [] : ['MSSBCBS']),
      ...(anonymous || cbs !== undefined ? ['ANONYMOUS'] : []),
    ]
  }

  /** `peerName`: whom the client's certificate names, if we trust it. */
  accepts(mechanism: string, response: Uint8Array, peerName: string | undefined): boolean {
    if (!this.mechanisms.includes(mechanism)) return false
    if (mechanism === 'PLAIN') return this.acceptsPlain(response)
    return mechanism !== 'EXTERNAL' || this.acceptsExternal(response, peerName)
  }

  /** Takes as long for a user that does not exist as for one that does. */
  private acceptsPlain(response: Uint8Array): boolean {
    const given = parsePlain(response)
    if (given === undefined) return false
    const password = this.users.get(given.username)
    const right = sameSecret(given.password, password ?? '')
    const forItself = given.authzid === '' || given.authzid === given.username
    return right && password !== undefined && forItself
  }

  private acceptsExternal(response: Uint8Array, peerName: string | undefined): boolean {
    if (peerName === undefined) return false
    if (response.length === 0) return true
    try {
      return utf8Decode(response, 0, response.length) === peerName
    } catch {
      return false
    }
  }
}

/** Hashes have one length, so the comparison tells nothing about that of the password. */
function sameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest(secret: string): Uint8Array {
  return createHash('sha256').update(secret, 'utf8').digest()
}
