import { AuthenticationError } from '../../lib/errors.js'
import { EnginePair } from '../support/engine-pair.js'
import {
  AMQP_HEADER,
  frameBytes,
  listBytes,
  performativeBytes,
  SASL_HEADER,
  saslBytes,
} from '../support/peer-wire.js'
import { type Conditions, scenario } from '../support/scenario.js'

function client(conditions: Conditions): EnginePair {
  return new EnginePair(conditions, { mechanisms: ['ANONYMOUS'] })
}

function server(conditions: Conditions, allowNoSasl = false): EnginePair {
  return new EnginePair(conditions, { role: 'server', mechanisms: ['PLAIN', 'ANONYMOUS'], allowNoSasl })
}

scenario('a client goes through SASL, then starts anew with the AMQP header [5.3.2]', (t, conditions) => {
  const pair = client(conditions)
  const { peer } = pair
  pair.engine.start(pair.nowMs)
  pair.run()
  t.deepEqual(peer.expect('header').bytes, SASL_HEADER)
  peer.expect('sasl-init', { mechanism: 'ANONYMOUS', hostname: 'host.test' })
  t.deepEqual(peer.expect('header').bytes, AMQP_HEADER)
  peer.expect('open')
  t.deepEqual(pair.mechanisms, ['ANONYMOUS', 'PLAIN'])
  t.is(pair.successes, 1)
  t.true(pair.engine.connection.opened)
})

scenario('a single mechanism may come as a bare symbol [5.3.3.1]', (t, conditions) => {
  const pair = client(conditions)
  pair.peer.on('header', ({ bytes }) => {
    if (bytes[4] === 3) pair.peer.sendRaw(SASL_HEADER, frameBytes(0, bareMechanism(), 1))
    else pair.peer.sendRaw(AMQP_HEADER)
  })
  pair.engine.start(pair.nowMs)
  pair.run()
  t.deepEqual(pair.mechanisms, ['ANONYMOUS'])
  t.true(pair.engine.connection.opened)
})

/** sasl-mechanisms of one symbol, not an array. */
function bareMechanism(): Uint8Array {
  const name = Buffer.from('ANONYMOUS')
  return Uint8Array.of(0, 0x53, 0x40, 0xc0, 1 + 2 + name.length, 1, 0xa3, name.length, ...name)
}

scenario('each challenge is answered before the outcome [5.3.3.3]', (t, conditions) => {
  const pair = client(conditions)
  const { peer } = pair
  peer.on('sasl-init', () => peer.sendSasl({ kind: 'sasl-challenge', challenge: Uint8Array.of(7, 8) }))
  peer.on('sasl-response', ({ response }) => {
    t.deepEqual(response, Uint8Array.of(1))
    peer.outcome(0)
  })
  pair.engine.start(pair.nowMs)
  pair.run()
  t.deepEqual(pair.challenges, [Uint8Array.of(7, 8)])
  t.true(pair.engine.connection.opened)
})

const REFUSALS = [
  { code: 1, name: 'auth', retryable: false },
  { code: 2, name: 'sys', retryable: true },
  { code: 3, name: 'sys-perm', retryable: false },
  { code: 4, name: 'sys-temp', retryable: true },
]

for (const { code, name, retryable } of REFUSALS) {
  scenario(`outcome ${code} ${name} ends the connection with that code [5.3.3.6]`, (t, conditions) => {
    const pair = client(conditions)
    pair.peer.on('sasl-init', () => pair.peer.outcome(code))
    pair.engine.start(pair.nowMs)
    pair.run()
    const { reason } = pair
    t.true(reason instanceof AuthenticationError)
    t.is((reason as AuthenticationError).outcomeCode, code)
    t.is(reason?.retryable, retryable)
    t.regex(reason?.message ?? '', new RegExp(`ANONYMOUS.*${code} ${name}\\)`))
    pair.peer.expect('header')
    pair.peer.expect('sasl-init')
    pair.peer.done()
  })
}

scenario('header and open that were read together with the outcome are not lost [5.3.2]', (t, conditions) => {
  const pair = client(conditions)
  const { peer } = pair
  peer.on('header', ({ bytes }) => {
    if (bytes[4] === 3) peer.answer({ kind: 'header', bytes }, 0)
  })
  peer.on('sasl-init', () => {
    peer.outcome(0)
    peer.sendRaw(AMQP_HEADER)
    peer.open()
  })
  pair.engine.start(pair.nowMs)
  pair.run()
  t.true(pair.engine.connection.opened)
  t.is(pair.opens.length, 1)
})

scenario(
  'a server that says ok before it was asked for anything is not believed [5.3.2]',
  (t, conditions) => {
    const pair = client(conditions)
    pair.peer.on('header', () => {
      pair.peer.sendRaw(SASL_HEADER)
      pair.peer.sendSasl({ kind: 'sasl-outcome', code: 0 })
    })
    pair.engine.start(pair.nowMs)
    pair.run()
    t.is(pair.successes, 0)
    t.is(pair.condition, 'amqp:illegal-state')
  },
)

scenario('a challenge before sasl-init is not answered [5.3.2]', (t, conditions) => {
  const pair = client(conditions)
  pair.peer.on('header', () => {
    pair.peer.sendRaw(SASL_HEADER)
    pair.peer.sendSasl({ kind: 'sasl-challenge', challenge: new Uint8Array(4) })
  })
  pair.engine.start(pair.nowMs)
  pair.run()
  t.deepEqual(pair.challenges, [])
  t.is(pair.condition, 'amqp:illegal-state')
})

scenario(
  'a second list of mechanisms does not make a client say its password again [5.3.2]',
  (t, conditions) => {
    const pair = client(conditions)
    const { peer } = pair
    peer.on('sasl-init', () => peer.sendSasl({ kind: 'sasl-mechanisms', saslServerMechanisms: ['PLAIN'] }))
    pair.engine.start(pair.nowMs)
    pair.run()
    t.is(peer.takeAll('sasl-init').length, 1)
    t.is(pair.condition, 'amqp:illegal-state')
  },
)

scenario('an AMQP frame during SASL ends the connection [5.3.2]', (t, conditions) => {
  const pair = client(conditions)
  const { peer } = pair
  peer.on('sasl-init', () =>
    peer.sendRaw(frameBytes(0, performativeBytes({ kind: 'open', containerId: 'x' }))),
  )
  pair.engine.start(pair.nowMs)
  pair.run()
  t.is(pair.condition, 'amqp:illegal-state')
})

scenario('a SASL frame of an unknown kind ends the connection [5.3.3]', (t, conditions) => {
  const pair = client(conditions)
  pair.peer.on('sasl-init', () => pair.peer.sendRaw(frameBytes(0, listBytes(0x45, [0]), 1)))
  pair.engine.start(pair.nowMs)
  pair.run()
  t.is(pair.condition, 'amqp:decode-error')
})

scenario('a SASL frame after SASL ends the connection, and the peer is told [5.3.2]', (t, conditions) => {
  const pair = client(conditions)
  pair.engine.start(pair.nowMs)
  pair.run()
  pair.peer.forget()
  pair.peer.sendRaw(frameBytes(0, saslBytes({ kind: 'sasl-outcome', code: 0 }), 1))
  pair.run()
  t.is(pair.peer.expect('close').error?.condition, 'amqp:illegal-state')
  t.is(pair.condition, 'amqp:illegal-state')
})

scenario('a server offers its mechanisms and lets in whom its owner lets in [5.3.2]', (t, conditions) => {
  const pair = server(conditions)
  const { peer } = pair
  peer.on('sasl-mechanisms', () => {
    peer.sendSasl({
      kind: 'sasl-init',
      mechanism: 'PLAIN',
      initialResponse: Uint8Array.of(0, 97, 0, 98),
      hostname: 'v',
    })
  })
  peer.on('sasl-outcome', () => {
    peer.headerNext()
    peer.start()
  })
  pair.engine.start(pair.nowMs)
  peer.sendRaw(SASL_HEADER)
  pair.run()
  t.deepEqual(peer.expect('header').bytes, SASL_HEADER)
  t.deepEqual(peer.expect('sasl-mechanisms').saslServerMechanisms, ['PLAIN', 'ANONYMOUS'])
  peer.expect('sasl-outcome', { code: 0 })
  t.deepEqual(pair.inits, [{ mechanism: 'PLAIN', response: Uint8Array.of(0, 97, 0, 98), hostname: 'v' }])
  t.true(pair.engine.connection.opened)
})

scenario('a server may insist on SASL: a client without it gets the SASL header [5.3.1]', (t, conditions) => {
  const pair = server(conditions)
  pair.engine.start(pair.nowMs)
  pair.peer.start()
  pair.run()
  t.deepEqual(pair.peer.expect('header').bytes, SASL_HEADER)
  pair.peer.done()
  t.is(pair.reason?.code, 'AMQP_PROTOCOL_HEADER')
})

scenario('a server may do without SASL for clients that skip it [5.3.1]', (t, conditions) => {
  const pair = server(conditions, true)
  pair.engine.start(pair.nowMs)
  pair.peer.start()
  pair.run()
  t.deepEqual(pair.peer.expect('header').bytes, AMQP_HEADER)
  t.true(pair.engine.connection.opened)
})

scenario('a server may ask back as often as its mechanism needs [5.3.3.3]', (t, conditions) => {
  const pair = server(conditions)
  const { peer } = pair
  pair.onInit = () => pair.engine.handshake.challenge(Uint8Array.of(1))
  pair.onResponse = (response) => {
    pair.responses.push(response)
    if (pair.responses.length < 3) pair.engine.handshake.challenge(Uint8Array.of(response[0] as number, 1))
    else pair.engine.handshake.outcome(1, Uint8Array.of(9))
  }
  peer.on('sasl-mechanisms', () => peer.sendSasl({ kind: 'sasl-init', mechanism: 'PLAIN' }))
  peer.on('sasl-challenge', ({ challenge }) => {
    peer.sendSasl({ kind: 'sasl-response', response: Uint8Array.of(challenge.length + 40) })
  })
  pair.engine.start(pair.nowMs)
  peer.sendRaw(SASL_HEADER)
  pair.run()
  t.deepEqual(
    pair.responses.map(([first]) => first),
    [41, 42, 42],
  )
  peer.expect('header')
  peer.expect('sasl-mechanisms')
  for (let i = 0; i < 3; i++) peer.expect('sasl-challenge')
  peer.expect('sasl-outcome', { code: 1, additionalData: Uint8Array.of(9) })
  peer.done()
})

for (const [what, frame] of [
  ['a response that nobody asked for', { kind: 'sasl-response', response: Uint8Array.of(1) }],
  ['a second sasl-init', { kind: 'sasl-init', mechanism: 'ANONYMOUS' }],
] as const) {
  scenario(`${what}, while a server finds its answer, ends SASL [5.3.2]`, (t, conditions) => {
    const pair = server(conditions)
    const { peer } = pair
    pair.onInit = () => {}
    peer.on('sasl-mechanisms', () => {
      peer.sendSasl({ kind: 'sasl-init', mechanism: 'PLAIN' })
      peer.sendSasl(frame)
    })
    pair.engine.start(pair.nowMs)
    peer.sendRaw(SASL_HEADER)
    pair.run()
    t.deepEqual(pair.responses, [])
    t.is(pair.condition, 'amqp:illegal-state')
  })
}

scenario('a frame of the other side ends SASL, for a server as for a client [5.3.3]', (t, conditions) => {
  const pair = server(conditions)
  const { peer } = pair
  peer.on('sasl-mechanisms', () => peer.sendSasl({ kind: 'sasl-outcome', code: 0 }))
  pair.engine.start(pair.nowMs)
  peer.sendRaw(SASL_HEADER)
  pair.run()
  t.is(pair.condition, 'amqp:illegal-state')
  const other = client(conditions)
  other.peer.on('sasl-init', () => other.peer.sendSasl({ kind: 'sasl-init', mechanism: 'PLAIN' }))
  other.engine.start(other.nowMs)
  other.run()
  t.is(other.condition, 'amqp:illegal-state')
})

scenario(
  'an owner that fails to answer ends the connection, and the failure is the cause [5.3.2]',
  (t, conditions) => {
    const pair = client(conditions)
    const failure = new TypeError('no password at hand')
    pair.onMechanisms = () => {
      throw failure
    }
    pair.engine.start(pair.nowMs)
    pair.run()
    t.is(pair.reason?.cause, failure)
    t.regex(pair.reason?.message ?? '', /no password at hand/)
  },
)
