// SASLprep (RFC 4013): one spelling for names and passwords that can be typed in several ways.

import { AuthenticationError } from '../errors.js'

/**
 * The text as SCRAM wants it. Printable ASCII is so already; only for the rest the tables are loaded. Rejects
 * with an AuthenticationError that names `what`, never the text, when it holds what SASLprep prohibits.
 */
export function saslprep(what: 'username' | 'password', text: string): string | Promise<string> {
  return /^[\x20-\x7e]*$/.test(text) ? text : prepare(what, text)
}

async function prepare(what: string, text: string): Promise<string> {
  const { saslprep } = await import('@mongodb-js/saslprep')
  let prepared = ''
  try {
    prepared = saslprep(text)
  } catch {
    // The library knows no other failure than text that will not do.
  }
  if (prepared !== '') return prepared
  throw new AuthenticationError(
    `the ${what} holds characters that SASLprep (RFC 4013) does not allow, so SCRAM cannot carry it`,
    { context: { operation: 'preparing SCRAM' } },
  )
}
