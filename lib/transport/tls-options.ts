// What a user says about TLS, in types that need none of Node's.

/** PEM text, or the bytes of a file. */
export type TlsMaterial = string | Uint8Array

/** What both ends may say about TLS. */
export interface TlsCredentials {
  /** Certificates of authorities to trust, instead of those that the platform trusts. */
  readonly ca?: TlsMaterial | readonly TlsMaterial[] | undefined
  /** Our certificate, with the chain that leads to its authority. */
  readonly cert?: TlsMaterial | readonly TlsMaterial[] | undefined
  /** Private key of our certificate. */
  readonly key?: TlsMaterial | undefined
  /** Passphrase of the private key or of `pfx`. */
  readonly passphrase?: string | undefined
  /** Certificate and private key in one file (PKCS #12). */
  readonly pfx?: TlsMaterial | undefined
  /** Oldest version to speak. Default: the platform's, TLS 1.2 as a rule. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
  /**
   * Default: true. A client that says false takes any certificate, and so anyone in the middle. A server that
   * says false lets in clients whose certificate it does not trust.
   */
  readonly rejectUnauthorized?: boolean | undefined
}

/** TLS options of a client. */
export interface TlsOptions extends TlsCredentials {
  /**
   * Name to ask for (SNI) and to expect in the certificate. Default: the host, unless that is an IP address.
   */
  readonly servername?: string | undefined
}

/** TLS options of a server. */
export interface TlsServerOptions extends TlsCredentials {
  /** Asks clients for a certificate. Default: false. */
  readonly requestCert?: boolean | undefined
}

const MATERIALS = 'PEM text, bytes, or a list of these'

const CHECKS: Readonly<Record<string, readonly [expected: string, fits: (value: unknown) => boolean]>> = {
  ca: [MATERIALS, isMaterials],
  cert: [MATERIALS, isMaterials],
  key: ['PEM text or bytes', isMaterial],
  pfx: ['bytes', isMaterial],
  passphrase: ['a string', (value) => typeof value === 'string'],
  servername: ['a string', (value) => typeof value === 'string'],
  minVersion: ["'TLSv1.2' or 'TLSv1.3'", (value) => value === 'TLSv1.2' || value === 'TLSv1.3'],
  rejectUnauthorized: ['a boolean', (value) => typeof value === 'boolean'],
  requestCert: ['a boolean', (value) => typeof value === 'boolean'],
}

/**
 * Refuses options that do not exist, or have the wrong type: a misspelt `ca` must not go unnoticed.
 * @throws TypeError that names the option, never its value.
 */
export function checkTlsOptions(options: TlsOptions | TlsServerOptions): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('tls must be an object')
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined
    if (check === undefined)
      throw new TypeError(`unknown option tls.${name}; known: ${Object.keys(CHECKS).join(', ')}`)
    const [expected, fits] = check
    if (value !== undefined && !fits(value)) throw new TypeError(`tls.${name} must be ${expected}`)
  }
}

function isMaterial(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array
}

function isMaterials(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isMaterial) : isMaterial(value)
}
