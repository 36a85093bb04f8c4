import test from 'ava'
import { AMQPConnectionError } from '../../lib/errors.js'
import { connectFailure, listenFailure, lossFailure } from '../../lib/transport/failure.js'

function systemError(code: string, message = code): Error {
  return Object.assign(new Error(message), { code })
}

const known: readonly (readonly [code: string, retryable: boolean, message: RegExp])[] = [
  ['ENOTFOUND', false, /no host of this name/],
  ['EAI_AGAIN', true, /name server/],
  ['ECONNREFUSED', true, /nobody listens.*5671.*5672/],
  ['ETIMEDOUT', true, /firewall/],
  ['EHOSTUNREACH', true, /firewall/],
  ['ENETUNREACH', true, /firewall/],
  ['EADDRNOTAVAIL', true, /no such address/],
  ['EACCES', false, /permit/],
  ['CERT_HAS_EXPIRED', false, /expired/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', false, /self-signed.*tls\.ca/],
  ['SELF_SIGNED_CERT_IN_CHAIN', false, /not trusted.*tls\.ca/],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', false, /not trusted.*tls\.ca/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', false, /another name.*tls\.servername/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', false, /does not speak TLS/],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', false, /tls\.cert/],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', false, /tls\.cert/],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', false, /does not accept our certificate/],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', false, /no version of TLS/],
]

test('an error says what happened, where, and what can be done', (t) => {
  for (const [code, retryable, message] of known) {
    const cause = systemError(code)
    const error = connectFailure('tls', 'h:5671', cause)
    t.true(error instanceof AMQPConnectionError)
    t.regex(error.message, message, code)
    t.true(error.message.startsWith('could not connect to h:5671: '), code)
    t.true(error.message.endsWith(`(${code})`), code)
    t.is(error.retryable, retryable, code)
    t.is(error.cause, cause)
    t.is(error.context.host, 'h:5671')
  }
})

test('errors of name resolution are of phase dns, those of TLS of phase tls, whenever they come', (t) => {
  t.is(connectFailure('tcp', 'h:1', systemError('ENOTFOUND')).phase, 'dns')
  t.is(connectFailure('tcp', 'h:1', systemError('EAI_AGAIN')).phase, 'dns')
  t.is(connectFailure('tcp', 'h:1', systemError('ECONNREFUSED')).phase, 'tcp')
  t.is(lossFailure('h:1', systemError('ECONNRESET')).phase, 'established')
  t.is(lossFailure('h:1', systemError('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')).phase, 'tls')
})

test('a connection that breaks off during the handshake hints at the wrong port', (t) => {
  const error = connectFailure('tls', 'h:1', systemError('ECONNRESET'))
  t.regex(error.message, /TLS port/)
  t.true(error.retryable)
})

test('a lost connection is told from one never made', (t) => {
  t.regex(
    lossFailure('h:1', systemError('ECONNRESET')).message,
    /^lost the connection to h:1: .*\(ECONNRESET\)$/,
  )
  t.regex(
    listenFailure('h:1', systemError('EADDRINUSE')).message,
    /^could not listen on h:1: another process/,
  )
})

test('the reason of OpenSSL is found in an EPROTO', (t) => {
  const text =
    'write EPROTO 00A:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl3_record.c:354:\n'
  const error = connectFailure('tls', 'h:1', systemError('EPROTO', text))
  t.regex(error.message, /does not speak TLS.*\(ERR_SSL_WRONG_VERSION_NUMBER\)$/)
  t.regex(connectFailure('tls', 'h:1', systemError('EPROTO', 'write EPROTO')).message, /\(EPROTO\)$/)
})

test('an error for several attempts has the code of the first', (t) => {
  const both = new AggregateError([systemError('ECONNREFUSED'), systemError('ENETUNREACH')])
  const error = connectFailure('tcp', 'h:1', both)
  t.regex(error.message, /nobody listens.*\(ECONNREFUSED\)$/)
})

test('an unknown system error is worth another try, one of Node or a resolver is not', (t) => {
  t.true(connectFailure('tcp', 'h:1', systemError('EWEIRD')).retryable)
  t.false(connectFailure('tcp', 'h:1', systemError('ERR_WEIRD')).retryable)
  t.false(connectFailure('tcp', 'h:1', systemError('EAI_FAIL')).retryable)
  t.regex(connectFailure('tcp', 'h:1', systemError('EWEIRD', 'odd things')).message, /odd things \(EWEIRD\)$/)
  t.regex(connectFailure('tcp', 'h:1', 'no error object').message, /no reason is given$/)
  t.regex(connectFailure('tcp', 'h:1', undefined).message, /no reason is given$/)
})
