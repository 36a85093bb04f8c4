// From our TLS options to Node's, for both ends.

import type { SecureContextOptions } from 'node:tls'
import { AMQPConnectionError } from '../errors.js'
import type { TlsCredentials, TlsMaterial } from './tls-options.js'

/** The same in Node's types, with what was not said left out. */
export function nodeCredentials(options: TlsCredentials): SecureContextOptions {
  const { ca, cert, key, passphrase, pfx, minVersion } = options
  return {
    ...(ca === undefined ? undefined : { ca: nodeMaterials(ca) }),
    ...(cert === undefined ? undefined : { cert: nodeMaterials(cert) }),
    ...(key === undefined ? undefined : { key: nodeMaterial(key) }),
    ...(pfx === undefined ? undefined : { pfx: nodeMaterial(pfx) }),
    ...(passphrase === undefined ? undefined : { passphrase }),
    ...(minVersion === undefined ? undefined : { minVersion }),
  }
}

/** Does what needs our certificates and keys; if they turn out to be of no use, says so. */
export function withCredentials<T>(description: string, prepare: () => T): T {
  try {
    return prepare()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AMQPConnectionError(
      `the certificates or keys given for ${description} are of no use: ${reason}`,
      {
        phase: 'tls',
        context: { operation: 'preparing TLS', host: description },
        cause,
      },
    )
  }
}

function nodeMaterials(
  materials: TlsMaterial | readonly TlsMaterial[],
): string | Buffer | (string | Buffer)[] {
  return typeof materials === 'string' || materials instanceof Uint8Array
    ? nodeMaterial(materials)
    : materials.map(nodeMaterial)
}

function nodeMaterial(material: TlsMaterial): string | Buffer {
  if (typeof material === 'string') return material
  return Buffer.from(material.buffer, material.byteOffset, material.byteLength)
}
