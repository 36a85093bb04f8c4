// Who may come in, by SASL [5.3]: SCRAM and PLAIN against the users given, ANONYMOUS, EXTERNAL by the client's
// certificate. With claims-based security everybody may come in, and nobody may do anything until a claim allows it.

import { createHash, timingSafeEqual } from 'node:crypto'
import { parsePlain } from '../sasl/plain.js'
import { SCRAM_NAMES, type ScramName } from '../sasl/scram-keys.js'
import { type ScramReply, ScramServer, ScramUsers } from '../sasl/scram-server.js'
import { utf8Decode } from '../util/bytes.js'
import type { BrokerSettings } from './options.js'

/** One exchange with a client: answers each of its responses; undefined stands for a sasl-init without one. */
export type Exchange = (response: Uint8Array | undefined) => ScramReply | Promise<ScramReply>

const NO_BYTES = new Uint8Array(0)
/** Asks for the first response of a mechanism in which the client begins [5.3.3.3]. */
const BEGIN: ScramReply = Object.freeze({ kind: 'challenge', challenge: NO_BYTES })
/** Mechanisms that tell who the client is; with others only its claims do. */
const NAMING: readonly string[] = [...SCRAM_NAMES, 'PLAIN', 'EXTERNAL']

export class Authentication {
  /** Offered to every client, the best first. */
  readonly mechanisms: readonly string[]
  private readonly users: ReadonlyMap<string, string>
  private readonly scramUsers: ScramUsers

  constructor(
    settings: Pick<BrokerSettings, 'users' | 'anonymous' | 'certificates'> &
      Partial<Pick<BrokerSettings, 'cbs'>>,
  ) {
    const { users, anonymous, certificates, cbs } = settings
    this.users = new Map(Object.entries(users ?? {}))
    this.scramUsers = new ScramUsers(this.users)
    this.mechanisms = [
      ...(certificates ? ['EXTERNAL'] : []),
      ...(users === undefined ? [] : [...SCRAM_NAMES, 'PLAIN']),
      ...(cbs === undefined ? [] : ['MSSBCBS']),
      ...(anonymous || cbs !== undefined ? ['ANONYMOUS'] : []),
    ]
  }

  /** Whether a client that came in by this mechanism has told who it is. */
  names(mechanism: string): boolean {
    return NAMING.includes(mechanism)
  }

  /** `peerName`: whom the client's certificate names, if we trust it. */
  begin(mechanism: string, peerName: string | undefined): Exchange {
    const scram = this.mechanisms.includes(mechanism)
      ? SCRAM_NAMES.find((name) => name === mechanism)
      : undefined
    if (scram !== undefined) return this.beginScram(scram)
    return (response) => {
      if (response === undefined && mechanism === 'PLAIN') return BEGIN
      return { kind: 'outcome', accepted: this.accepts(mechanism, response ?? NO_BYTES, peerName) }
    }
  }

  private beginScram(name: ScramName): Exchange {
    const server = new ScramServer(name, this.scramUsers)
    return (response) => (response === undefined ? BEGIN : server.respond(response))
  }

  /** The answer of mechanisms with one response. */
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
