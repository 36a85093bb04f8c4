// The server's end of SCRAM (RFC 5802): what it keeps of passwords, and one exchange with a client. A user
// that does not exist is asked the same questions as one that does.

import { AuthenticationError } from '../errors.js'
import { fromBase64, toBase64 } from '../util/base64.js'
import { utf8Decode, utf8Encode } from '../util/bytes.js'
import { saslprep } from './saslprep.js'
import {
  digest,
  hmac,
  MIN_ITERATIONS,
  randomBytes,
  type ScramName,
  saltPassword,
  sameSecret,
  xor,
} from './scram-keys.js'
import { attributeAt, isNonce, parseScram, type ScramMessage, unescapeName } from './scram-message.js'

/** What a server keeps in place of a password: enough to check a proof, not enough to make one. */
export interface ScramCredentials {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

/** Rejects with an AuthenticationError when SASLprep does not allow the password. */
export async function scramCredentials(
  name: ScramName,
  password: string,
  salt: Uint8Array,
  iterations: number = MIN_ITERATIONS,
): Promise<ScramCredentials> {
  const prepared = utf8Encode(await saslprep('password', password))
  const salted = await saltPassword(name, prepared, salt, iterations)
  const storedKey = await digest(name, await hmac(name, salted, utf8Encode('Client Key')))
  return { salt, iterations, storedKey, serverKey: await hmac(name, salted, utf8Encode('Server Key')) }
}

const SALT_BYTES = 16

/**
 * Credentials by user name. Those of all users are made together when the first one is asked for, whoever that is: were
 * each made in its turn, the time it takes would tell the names that exist.
 */
export class ScramUsers {
  readonly #passwords: ReadonlyMap<string, string>
  readonly #iterations: number
  readonly #secret: Uint8Array
  readonly #made: Map<ScramName, Promise<ReadonlyMap<string, ScramCredentials>>>

  constructor(passwords: ReadonlyMap<string, string>, iterations: number = MIN_ITERATIONS) {
    this.#passwords = passwords
    this.#iterations = iterations
    this.#secret = randomBytes(32)
    this.#made = new Map()
  }

  /** For a name that is unknown: credentials that no password fits, with the same salt each time. */
  async find(name: ScramName, username: string): Promise<ScramCredentials> {
    const making = this.#made.get(name) ?? this.#makeAll(name)
    this.#made.set(name, making)
    const [made, unfit] = await Promise.all([making, this.#unfit(name, username)])
    return made.get(username) ?? unfit
  }

  async #makeAll(name: ScramName): Promise<ReadonlyMap<string, ScramCredentials>> {
    const made = await Promise.all([...this.#passwords].map((user) => this.#make(name, ...user)))
    return new Map(made.filter((user) => user !== undefined))
  }

  /** Undefined when SASLprep does not allow name or password: no client can send them. */
  async #make(
    name: ScramName,
    username: string,
    password: string,
  ): Promise<readonly [string, ScramCredentials] | undefined> {
    try {
      const prepared = await saslprep('username', username)
      const salt = await this.#salt(name, prepared)
      return [prepared, await scramCredentials(name, password, salt, this.#iterations)]
    } catch (error) {
      if (error instanceof AuthenticationError) return undefined
      throw error
    }
  }

  async #unfit(name: ScramName, username: string): Promise<ScramCredentials> {
    const storedKey = await digest(name, randomBytes(SALT_BYTES))
    const salt = await this.#salt(name, username)
    return { salt, iterations: this.#iterations, storedKey, serverKey: storedKey }
  }

  async #salt(name: ScramName, username: string): Promise<Uint8Array> {
    return (await hmac(name, this.#secret, utf8Encode(`${name}\0${username}`))).subarray(0, SALT_BYTES)
  }
}

/** What the server does next: ask on, or end the exchange. */
export type ScramReply =
  | { readonly kind: 'challenge'; readonly challenge: Uint8Array }
  | { readonly kind: 'outcome'; readonly accepted: boolean; readonly additionalData?: Uint8Array | undefined }

export interface ScramServerOptions {
  /** Where our own proof goes: with the outcome [5.3.3.6], or in a challenge before it. Default: outcome. */
  readonly proof?: 'outcome' | 'challenge' | undefined
  /** Our part of the nonce; never one that was used before. Default: a random one. */
  readonly nonce?: string | undefined
}

const REFUSED: ScramReply = Object.freeze({ kind: 'outcome', accepted: false })

/** What is awaited of the client. */
type Stage = 'client-first' | 'client-final' | 'acknowledgement' | 'nothing'

/** One exchange with a client. Begin with the response of its sasl-init; one call at a time. */
export class ScramServer {
  readonly #name: ScramName
  readonly #users: Pick<ScramUsers, 'find'>
  readonly #proof: 'outcome' | 'challenge'
  readonly #ownNonce: string
  #stage: Stage
  #username: string
  #gs2Header: string
  #nonce: string
  /** Both first messages, as they are signed. */
  #signed: string
  #credentials: ScramCredentials | undefined

  constructor(name: ScramName, users: Pick<ScramUsers, 'find'>, options: ScramServerOptions = {}) {
    this.#name = name
    this.#users = users
    this.#proof = options.proof ?? 'outcome'
    this.#ownNonce = options.nonce ?? toBase64(randomBytes(18))
    this.#stage = 'client-first'
    this.#username = ''
    this.#gs2Header = ''
    this.#nonce = ''
    this.#signed = ''
    this.#credentials = undefined
  }

  /** Who it is, or says to be until it is accepted. */
  get username(): string {
    return this.#username
  }

  async respond(response: Uint8Array): Promise<ScramReply> {
    const stage = this.#stage
    this.#stage = 'nothing'
    if (stage === 'client-first') return this.#onClientFirst(response)
    if (stage === 'client-final') return this.#onClientFinal(response)
    return stage === 'acknowledgement' ? { kind: 'outcome', accepted: true } : REFUSED
  }

  async #onClientFirst(response: Uint8Array): Promise<ScramReply> {
    const first = readClientFirst(response)
    if (first === undefined) return REFUSED
    this.#username = first.username
    this.#gs2Header = first.gs2Header
    this.#nonce = first.nonce + this.#ownNonce
    this.#credentials = await this.#users.find(this.#name, first.username)
    const { salt, iterations } = this.#credentials
    const challenge = `r=${this.#nonce},s=${toBase64(salt)},i=${iterations}`
    this.#signed = `${first.bare},${challenge}`
    this.#stage = 'client-final'
    return { kind: 'challenge', challenge: utf8Encode(challenge) }
  }

  async #onClientFinal(response: Uint8Array): Promise<ScramReply> {
    const message = parseScram(response)
    const credentials = this.#credentials
    const proof = message === undefined ? undefined : this.#readProof(message)
    if (message === undefined || proof === undefined || credentials === undefined) return REFUSED
    const withoutProof = message.text.slice(0, message.text.lastIndexOf(',p='))
    const signed = utf8Encode(`${this.#signed},${withoutProof}`)
    const clientSignature = await hmac(this.#name, credentials.storedKey, signed)
    if (proof.length !== clientSignature.length) return REFUSED
    const clientKey = xor(proof, clientSignature)
    if (!sameSecret(await digest(this.#name, clientKey), credentials.storedKey)) return REFUSED
    const serverFinal = utf8Encode(`v=${toBase64(await hmac(this.#name, credentials.serverKey, signed))}`)
    if (this.#proof === 'outcome') return { kind: 'outcome', accepted: true, additionalData: serverFinal }
    this.#stage = 'acknowledgement'
    return { kind: 'challenge', challenge: serverFinal }
  }

  /** The proof, if the message repeats what was agreed on. */
  #readProof(message: ScramMessage): Uint8Array | undefined {
    const binding = toBase64(utf8Encode(this.#gs2Header))
    if (attributeAt(message, 0, 'c') !== binding || attributeAt(message, 1, 'r') !== this.#nonce)
      return undefined
    const text = attributeAt(message, message.attributes.length - 1, 'p')
    return text === undefined ? undefined : fromBase64(text)
  }
}

interface ClientFirst {
  readonly gs2Header: string
  readonly bare: string
  readonly username: string
  readonly nonce: string
}

/** `n,,n=user,r=nonce`: no channel binding, and nobody acts for anybody else. */
function readClientFirst(response: Uint8Array): ClientFirst | undefined {
  const parts = /^([ny],(?:a=([^,]*))?,)(.*)$/s.exec(textOf(response) ?? '')
  if (parts === null) return undefined
  const [, gs2Header = '', authzid, bare = ''] = parts
  const message = parseScram(utf8Encode(bare))
  if (message === undefined) return undefined
  const name = attributeAt(message, 0, 'n')
  const nonce = attributeAt(message, 1, 'r')
  const username = name === undefined ? undefined : unescapeName(name)
  if (username === undefined || nonce === undefined || !isNonce(nonce)) return undefined
  if (authzid !== undefined && authzid !== name) return undefined
  return { gs2Header, bare, username, nonce }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8Decode(bytes, 0, bytes.length)
  } catch {
    return undefined
  }
}
