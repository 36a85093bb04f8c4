import test from 'ava'
import { checkTlsOptions, type TlsOptions } from '../../lib/transport/tls-options.js'

function check(options: unknown): void {
  checkTlsOptions(options as TlsOptions)
}

test('options of the right type are taken, undefined ones too', (t) => {
  t.notThrows(() =>
    check({
      ca: ['text', new Uint8Array(1)],
      cert: 'text',
      key: new Uint8Array(1),
      pfx: new Uint8Array(1),
      passphrase: 'p',
      servername: 'h',
      minVersion: 'TLSv1.3',
      rejectUnauthorized: false,
      requestCert: true,
    }),
  )
  t.notThrows(() => check({ ca: undefined, rejectUnauthorized: undefined }))
})

test('an option that does not exist is refused by name', (t) => {
  for (const name of ['CA', 'caFile', 'toString', '__proto__']) {
    const options = JSON.parse(`{ "${name}": "x" }`)
    t.throws(() => check(options), {
      instanceOf: TypeError,
      message: /^unknown option tls\.\w+; known: ca, cert, /,
    })
  }
})

test('an option of the wrong type is refused by name, without its value', (t) => {
  const wrong: Record<string, unknown> = {
    ca: [5],
    cert: 5,
    key: ['secret'],
    pfx: null,
    passphrase: 5,
    servername: false,
    minVersion: 'TLSv1',
    rejectUnauthorized: 'false',
    requestCert: 1,
  }
  for (const [name, value] of Object.entries(wrong)) {
    const error = t.throws(() => check({ [name]: value }), {
      instanceOf: TypeError,
      message: new RegExp(`^tls\\.${name} must be`),
    })
    t.false(error?.message.includes('secret'))
  }
  t.throws(() => check(null), { instanceOf: TypeError, message: /tls must be an object/ })
})
