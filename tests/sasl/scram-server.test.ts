import test from 'ava'
import { AuthenticationError } from '../../lib/errors.js'
import { ScramExchange } from '../../lib/sasl/scram.js'
import { SCRAM_NAMES } from '../../lib/sasl/scram-keys.js'
import { type ScramReply, ScramServer, ScramUsers, scramCredentials } from '../../lib/sasl/scram-server.js'
import { fromBase64 } from '../../lib/util/base64.js'
import { utf8Decode, utf8Encode } from '../../lib/util/bytes.js'
import { type ScramVector, vector, vectors } from './scram-vectors.js'

const host = { hostname: 'h', secure: false }

/** A server that knows the user of a vector, and has the vector's nonce and salt. */
function serverOf(row: ScramVector = vector, proof?: 'challenge'): ScramServer {
  const { mechanism, password, salt, iterations, serverNoncePart: nonce } = row
  const find = () => scramCredentials(mechanism, password, fromBase64(salt) as Uint8Array, iterations)
  return new ScramServer(mechanism, { find }, { proof, nonce })
}

function said(reply: ScramReply): string {
  const bytes = reply.kind === 'challenge' ? reply.challenge : (reply.additionalData ?? new Uint8Array())
  return utf8Decode(bytes, 0, bytes.length)
}

const accepted = (reply: ScramReply): boolean => reply.kind === 'outcome' && reply.accepted

for (const row of vectors) {
  test(`the server's end of ${row.mechanism} says what the vectors say: ${row.source} [5.3.3]`, async (t) => {
    const server = serverOf(row)
    const first = await server.respond(utf8Encode(row.clientFirst))
    t.is(first.kind, 'challenge')
    t.is(said(first), row.serverFirst)
    const final = await server.respond(utf8Encode(row.clientFinal))
    t.true(accepted(final))
    t.is(said(final), row.serverFinal)
    t.is(server.username, row.username)
    t.false(accepted(await server.respond(new Uint8Array())))
  })
}

test('the proof may go in a challenge before the outcome [5.3.3.3]', async (t) => {
  const server = serverOf(vector, 'challenge')
  await server.respond(utf8Encode(vector.clientFirst))
  const final = await server.respond(utf8Encode(vector.clientFinal))
  t.is(final.kind, 'challenge')
  t.is(said(final), vector.serverFinal)
  t.deepEqual(await server.respond(new Uint8Array()), { kind: 'outcome', accepted: true })
})

/** Our client against our server. */
async function logIn(server: ScramServer, client: ScramExchange): Promise<boolean> {
  let answer: Uint8Array = await client.initial(host)
  for (;;) {
    const reply = await server.respond(answer)
    if (reply.kind === 'challenge') {
      answer = await client.step(reply.challenge)
      continue
    }
    if (reply.accepted) client.finish(reply.additionalData)
    return reply.accepted
  }
}

for (const name of SCRAM_NAMES) {
  for (const proof of ['outcome', 'challenge'] as const) {
    test(`client and server of ${name} understand each other, with the proof in the ${proof}`, async (t) => {
      const users = new ScramUsers(new Map([['jörg=,x', 'pässword']]))
      const attempt = (username: string, password: string): Promise<boolean> =>
        logIn(
          new ScramServer(name, users, { proof }),
          new ScramExchange(name, username, password, `${Math.random()}`),
        )
      t.true(await attempt('jörg=,x', 'pässword'))
      t.true(await attempt('jörg=,x', 'pa\u0308ssword'))
      t.false(await attempt('jörg=,x', 'passwort'))
      t.false(await attempt('nobody', 'pässword'))
    })
  }
}

test('a user that does not exist is asked the same as one that does, each time', async (t) => {
  const users = new ScramUsers(new Map([['known', 'p']]))
  const ask = async (username: string): Promise<string> => {
    const server = new ScramServer('SCRAM-SHA-256', users, { nonce: 'x' })
    return said(await server.respond(utf8Encode(`n,,n=${username},r=abc`)))
  }
  for (const username of ['known', 'unknown']) {
    t.regex(await ask(username), /^r=abcx,s=[A-Za-z0-9+/]{22}==,i=4096$/)
    t.is(await ask(username), await ask(username))
  }
  t.not(await ask('known'), await ask('unknown'))
})

test('a first message that is none is refused', async (t) => {
  const { clientFirst } = vector
  const wrong = [
    '',
    'hello',
    clientFirst.slice(3),
    clientFirst.replace('n,,', 'p=tls-unique,,'),
    clientFirst.replace('n,,', 'n,a=somebody,'),
    clientFirst.replace('n=user', 'n='),
    clientFirst.replace('n=user', 'n=us=er'),
    clientFirst.replace('n=user', 'm=x,n=user'),
    clientFirst.replace(/r=.*/, 'r='),
    clientFirst.replace(/,r=.*/, ''),
  ]
  for (const message of wrong) {
    t.deepEqual(await serverOf().respond(utf8Encode(message)), { kind: 'outcome', accepted: false }, message)
  }
  t.false(accepted(await serverOf().respond(Uint8Array.of(0xff))))
})

test('who acts for itself may say so, and bind that to the proof', async (t) => {
  const server = serverOf()
  await server.respond(utf8Encode(vector.clientFirst.replace('n,,', 'y,a=user,')))
  t.false(accepted(await server.respond(utf8Encode(vector.clientFinal))))
})

test('a last message that does not fit is refused', async (t) => {
  const { clientFinal } = vector
  const wrong = [
    clientFinal.replace('c=biws', 'c=eSws'),
    clientFinal.replace('r=fyko', 'r=fyk0'),
    clientFinal.replace('p=v', 'p=w'),
    clientFinal.replace(/p=.*/, 'p=AAAA'),
    clientFinal.replace(/p=.*/, 'p=?'),
    clientFinal.replace(/,p=.*/, ''),
    'nonsense',
    '',
  ]
  for (const message of wrong) {
    const server = serverOf()
    await server.respond(utf8Encode(vector.clientFirst))
    t.deepEqual(await server.respond(utf8Encode(message)), { kind: 'outcome', accepted: false }, message)
    t.false(accepted(await server.respond(utf8Encode(clientFinal))), 'there is no second attempt')
  }
})

test('a password that SASLprep does not allow cannot be kept', async (t) => {
  await t.throwsAsync(scramCredentials('SCRAM-SHA-1', 'a\u0007', new Uint8Array(16)), {
    instanceOf: AuthenticationError,
    message: /SASLprep/,
  })
})

test('users whose name or password SASLprep does not allow harm nobody else', async (t) => {
  const users = new ScramUsers(
    new Map([
      ['bell', 'a\u0007'],
      ['b\u0007', 'p'],
      ['pa\u0308r', 'p'],
    ]),
  )
  const attempt = (username: string): Promise<boolean> =>
    logIn(new ScramServer('SCRAM-SHA-256', users), new ScramExchange('SCRAM-SHA-256', username, 'p', 'n'))
  t.false(await attempt('bell'))
  t.true(await attempt('p\u00e4r'))
})

test('keys are made once, for all users together: who asks first is told no sooner or later', async (t) => {
  let listed = 0
  class Passwords extends Map<string, string> {
    override [Symbol.iterator](): MapIterator<[string, string]> {
      listed++
      return super[Symbol.iterator]()
    }
  }
  const users = new ScramUsers(new Passwords([['known', 'p']]))
  t.is(listed, 0)
  const unknown = await users.find('SCRAM-SHA-512', 'unknown')
  t.is(listed, 1)
  const known = await users.find('SCRAM-SHA-512', 'known')
  t.is(await users.find('SCRAM-SHA-512', 'known'), known)
  t.is(listed, 1)
  t.is(unknown.storedKey.length, known.storedKey.length)
  t.is(unknown.iterations, known.iterations)
})
