// Tokens by themselves: shared-access signatures against foreign ones, expiry of either kind, connection strings.

import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import test from 'ava'
import jsonwebtoken from 'jsonwebtoken'
import { parseConnectionString } from '../../lib/cbs/connection-string.js'
import { JWTTokenAuth, jwtExpiryMs } from '../../lib/cbs/jwt.js'
import { createSasToken, SASTokenAuth, sasExpiryMs } from '../../lib/cbs/sas.js'

interface SasVector {
  readonly resource: string
  readonly keyName: string
  readonly key: string
  readonly expiry: number
  readonly token: string
}

const vectors = JSON.parse(readFileSync('tests/vectors/security-vectors.json', 'utf8')) as {
  sas: SasVector[]
}

for (const { resource, keyName, key, expiry, token } of vectors.sas) {
  test(`the signature for ${resource} is the one that others make`, async (t) => {
    t.is(await createSasToken(keyName, key, resource, expiry * 1000), token)
    t.is(await createSasToken(keyName, key, resource, expiry * 1000 + 999), token)
    t.is(sasExpiryMs(token), expiry * 1000)
  })
}

test('a signature may last for days, or a century', async (t) => {
  for (const days of [7, 60, 36_500]) {
    const expiresAtMs = Date.UTC(2030, 0, 1) + days * 86_400_000
    t.is(sasExpiryMs(await createSasToken('name', 'key', 'sb://ns/q', expiresAtMs)), expiresAtMs)
  }
})

test('without an expiry a signature is good for an hour', async (t) => {
  const before = Date.now()
  const expiresAtMs = sasExpiryMs(await createSasToken('name', 'key', 'sb://ns/q')) ?? 0
  t.true(expiresAtMs >= before + 3_599_000 && expiresAtMs <= Date.now() + 3_600_000)
})

test('what cannot be signed is refused, and nothing is quoted', async (t) => {
  const bad = [
    () => createSasToken(1 as unknown as string, 'key', 'r'),
    () => createSasToken('name', Buffer.from('key') as unknown as string, 'r'),
    () => createSasToken('name', 'key', undefined as unknown as string),
    () => createSasToken('name', 'key', 'r', Number.POSITIVE_INFINITY),
    () => createSasToken('name', 'key', 'r', -1),
  ]
  for (const attempt of bad) {
    const error = await t.throwsAsync(attempt)
    t.true(error instanceof TypeError || error instanceof RangeError)
  }
})

test('the expiry of a signature is found wherever it stands', (t) => {
  t.is(sasExpiryMs('SharedAccessSignature se=12&sr=x&sig=y&skn=z'), 12_000)
  t.is(sasExpiryMs('SharedAccessSignature sr=x&sig=y&skn=z&se=12'), 12_000)
  t.is(sasExpiryMs('SharedAccessSignature sr=x&sig=y&skn=z'), undefined)
  t.is(sasExpiryMs('SharedAccessSignature sr=x&base=12&sig=y'), undefined)
})

test('the expiry of a JSON Web Token is its claim `exp`', (t) => {
  t.is(jwtExpiryMs(jsonwebtoken.sign({ exp: 1_900_000_000 }, 'secret')), 1_900_000_000_000)
  t.is(jwtExpiryMs(jsonwebtoken.sign({ sub: 'me' }, 'secret')), undefined)
  t.is(jwtExpiryMs(jsonwebtoken.sign('only text', 'secret')), undefined)
})

for (const token of ['', 'x', 'a.b', 'a.b.c', 'eyJhbGciOiJub25lIn0.bm8ganNvbg.', '..', 'e30.e30.e30']) {
  test(`of a token such as "${token}" the expiry is not known`, (t) => {
    t.is(jwtExpiryMs(token), undefined)
  })
}

test('SASTokenAuth wants a signature, or what it takes to make one', (t) => {
  const uri = 'sb://ns/q'
  for (const options of [
    { uri },
    { uri, keyName: 'k' },
    { uri, sharedAccessKey: 's' },
    { uri, token: 't', keyName: 'k', sharedAccessKey: 's' },
  ]) {
    t.throws(() => new SASTokenAuth(options), { instanceOf: TypeError, message: /either "token", or/ })
  }
  t.throws(() => new SASTokenAuth({ keyName: 'k', sharedAccessKey: 's' } as never), { message: /"uri"/ })
  t.throws(() => new SASTokenAuth({ uri, token: 't', lifetime: 1 } as never), {
    message: /unknown option "lifetime"/,
  })
  t.throws(() => new SASTokenAuth({ uri, keyName: 'k', sharedAccessKey: 's', expiryMs: 1 }), {
    instanceOf: RangeError,
  })
  t.throws(() => new JWTTokenAuth({ uri } as never), { message: /"getToken"/ })
})

test('secrets do not show when authentication is looked at', (t) => {
  const auths = [
    new SASTokenAuth({ uri: 'sb://ns/q', keyName: 'name', sharedAccessKey: 'hush-hush' }),
    SASTokenAuth.fromSharedAccessKey({ uri: 'sb://ns/q', keyName: 'name', sharedAccessKey: 'hush-hush' }),
    new SASTokenAuth({ uri: 'sb://ns/q', token: 'SharedAccessSignature sig=hush-hush' }),
  ]
  for (const auth of auths) {
    const shown = inspect(auth, { depth: 9, showHidden: true }) + JSON.stringify(auth) + String(auth)
    t.false(shown.includes('hush-hush'), shown)
    t.is(auth.audience, 'sb://ns/q')
  }
})

test('a connection string comes apart', (t) => {
  t.deepEqual(
    parseConnectionString(
      'Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=abc+/=;EntityPath=q1',
    ),
    {
      endpoint: 'sb://ns.servicebus.windows.net/',
      host: 'ns.servicebus.windows.net',
      entityPath: 'q1',
      sharedAccessKeyName: 'Root',
      sharedAccessKey: 'abc+/=',
      sharedAccessSignature: undefined,
      useDevelopmentEmulator: false,
    },
  )
})

test('a connection string may hold a signature, name the emulator, and be written as one likes', (t) => {
  const token = 'SharedAccessSignature sr=a&sig=b%3D&se=1&skn=c'
  const parts = parseConnectionString(
    ` endpoint = sb://localhost ; SHAREDACCESSSIGNATURE=${token};UseDevelopmentEmulator=True;Other=1; `,
  )
  t.is(parts.endpoint, 'sb://localhost')
  t.is(parts.host, 'localhost')
  t.is(parts.sharedAccessSignature, token)
  t.true(parts.useDevelopmentEmulator)
})

for (const bad of [
  '',
  'SharedAccessKey=hush-hush',
  'hush-hush',
  'Endpoint=hush-hush;SharedAccessKey=hush-hush',
  ';;',
  '=hush-hush',
]) {
  test(`"${bad}" is no connection string; the error quotes nothing of it`, (t) => {
    const error = t.throws(() => parseConnectionString(bad), { instanceOf: TypeError })
    t.false(error.message.includes('hush-hush'))
  })
}

test('what is no string is no connection string', (t) => {
  t.throws(() => parseConnectionString(undefined as unknown as string), { instanceOf: TypeError })
})
