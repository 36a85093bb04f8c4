import test from 'ava'
import fc from 'fast-check'
import { formatHostPort, parseAddress } from '../../lib/transport/address.js'

test('a URL comes apart into what it says', (t) => {
  t.deepEqual(parseAddress('amqp://alice:secret@broker.example:1234/queues/q'), {
    scheme: 'amqp',
    host: 'broker.example',
    port: 1234,
    user: 'alice',
    password: 'secret',
    path: 'queues/q',
    resource: '/queues/q',
  })
})

test('each scheme has its port', (t) => {
  const portOf = (url: string): number => parseAddress(url).port
  t.is(portOf('amqp://h'), 5672)
  t.is(portOf('amqps://h'), 5671)
  t.is(portOf('ws://h'), 80)
  t.is(portOf('wss://h'), 443)
  t.is(portOf('AMQPS://h:'), 5671)
})

test('what is not said is absent, and the path empty', (t) => {
  const address = parseAddress('amqp://localhost')
  t.deepEqual(address, { scheme: 'amqp', host: 'localhost', port: 5672, path: '', resource: '/' })
  t.false('user' in address)
  t.is(parseAddress('amqp://localhost/').path, '')
})

test('user, password and path are percent-decoded as UTF-8', (t) => {
  const { user, password, path } = parseAddress('amqp://us%40er:p%3a%2F%C3%A4+@h/a%2Fb/c%20d/%E2%82%AC')
  t.is(user, 'us@er')
  t.is(password, 'p:/ä+')
  t.is(path, 'a/b/c d/€')
})

test('any user, password and path survive the way into a URL and out of it', (t) => {
  const text = fc.string({ unit: 'binary' }).filter((value) => !/\p{Surrogate}/u.test(value))
  fc.assert(
    fc.property(text, text, text, (user, password, path) => {
      const userInfo = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
      const address = parseAddress(`amqps://${userInfo}@h:1/${encodeURIComponent(path)}`)
      t.deepEqual([address.user, address.password, address.path], [user, password, path])
    }),
  )
})

test('a password may hold colons and at signs as they are, and may be missing or empty', (t) => {
  t.like(parseAddress('amqp://u:a:b@c@h/x'), { user: 'u', password: 'a:b@c', host: 'h' })
  t.like(parseAddress('amqp://u@h'), { user: 'u', password: undefined })
  t.like(parseAddress('amqp://u:@h'), { user: 'u', password: '' })
})

test('an IPv6 address stands in brackets, which are not part of it', (t) => {
  t.like(parseAddress('amqp://[::1]'), { host: '::1', port: 5672 })
  t.like(parseAddress('amqp://u:p@[2001:db8::1]:99/q'), { host: '2001:db8::1', port: 99, path: 'q' })
  t.is(parseAddress('amqp://[fe80::1%25eth0]').host, 'fe80::1%eth0')
})

test('a URL object will do', (t) => {
  t.like(parseAddress(new URL('amqps://u:p%40@h:7/a%20b')), {
    host: 'h',
    port: 7,
    password: 'p@',
    path: 'a b',
  })
  t.throws(() => parseAddress(undefined as unknown as string), { instanceOf: TypeError })
  t.throws(() => parseAddress({} as unknown as URL), { instanceOf: TypeError })
})

test('path and query are kept as written for a WebSocket', (t) => {
  t.is(parseAddress('wss://h/$servicebus/web%20socket?a=b&c').resource, '/$servicebus/web%20socket?a=b&c')
  t.is(parseAddress('ws://h?x').resource, '/?x')
})

const bad: readonly (readonly [url: string, part: RegExp])[] = [
  ['', /must look like/],
  ['localhost:5672', /must look like/],
  ['amqp:localhost', /must look like/],
  ['http://h', /not with http:\/\//],
  ['amqp://', /names no host/],
  ['amqp://:5672', /names no host/],
  ['amqp:///queue', /names no host/],
  ['amqp://u:p@/queue', /names no host/],
  ['amqp://h:0', /port.*: 0$/],
  ['amqp://h:65536', /port.*: 65536$/],
  ['amqp://h:56a', /port.*: 56a$/],
  ['amqp://h:-1', /port/],
  ['amqp://a b', /host.*malformed: a b$/],
  ['amqp://::1', /host.*malformed|names no host/],
  ['amqp://[::1', /host.*malformed/],
  ['amqp://[h]', /host.*malformed/],
  ['amqp://h/%', /path.*percent/],
  ['amqp://h/%ff', /path.*percent/],
  ['amqp://%zz@h', /user.*percent/],
  ['amqp://u:%zz@h', /password.*percent/],
  ['amqp://h/q?x=y', /%3F/],
  ['amqp://h/q#f', /%23/],
]

test('a bad URL is refused with the part that is bad', (t) => {
  for (const [url, message] of bad) t.throws(() => parseAddress(url), { instanceOf: TypeError, message }, url)
})

test('no error shows a password, or anything of it', (t) => {
  const wrong = [
    'amqp://u:hunter2@h:99999',
    'amqp://u:hunter2@',
    'amqp://u:hunter2@a b',
    'amqp://u:hunter2%@h',
    'amqp://u:hunter2/x@h',
    'amqp://u:hunter2?x@h',
    'amqp://u:hunter2#x@h',
    'amqp://u:x/hunter2@h:1:1',
    'http://u:hunter2@h',
    'u:hunter2@h',
  ]
  for (const url of wrong) {
    const error = t.throws(() => parseAddress(url), { instanceOf: TypeError }, url)
    t.false(`${error?.stack} ${JSON.stringify(error)}`.includes('hunter2'), url)
    t.is(error?.cause, undefined)
  }
})

test('host and port are written with brackets round IPv6', (t) => {
  t.is(formatHostPort('h', 1), 'h:1')
  t.is(formatHostPort('::1', 1), '[::1]:1')
})
