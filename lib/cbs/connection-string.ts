// Connection strings of Azure: `Key=Value` parts, separated by semicolons.

/** The parts that are known; others are left out. */
export interface ConnectionString {
  /** `sb://namespace.servicebus.windows.net/` */
  readonly endpoint: string
  /** Host of the endpoint. */
  readonly host: string
  readonly entityPath: string | undefined
  readonly sharedAccessKeyName: string | undefined
  readonly sharedAccessKey: string | undefined
  readonly sharedAccessSignature: string | undefined
  /** The endpoint is an emulator: plain TCP on port 5672. */
  readonly useDevelopmentEmulator: boolean
}

/**
 * Takes a connection string apart. Names are not case-sensitive; a semicolon at the end does no harm.
 * @throws TypeError that says what is missing; what could be a secret is never part of the message
 */
export function parseConnectionString(connectionString: string): ConnectionString {
  if (typeof connectionString !== 'string') throw new TypeError('a connection string must be a string')
  const parts = new Map<string, string>()
  for (const part of connectionString.split(';')) {
    if (part.trim() === '') continue
    const equals = part.indexOf('=')
    if (equals < 1) throw new TypeError('each part of a connection string looks like Name=Value')
    parts.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim())
  }
  const endpoint = parts.get('endpoint')
  const host = /^[a-z]+:\/\/([^/]+)/i.exec(endpoint ?? '')?.[1]
  if (endpoint === undefined || host === undefined) {
    throw new TypeError('a connection string names its endpoint: Endpoint=sb://host/')
  }
  return {
    endpoint,
    host,
    entityPath: parts.get('entitypath'),
    sharedAccessKeyName: parts.get('sharedaccesskeyname'),
    sharedAccessKey: parts.get('sharedaccesskey'),
    sharedAccessSignature: parts.get('sharedaccesssignature'),
    useDevelopmentEmulator: parts.get('usedevelopmentemulator')?.toLowerCase() === 'true',
  }
}
