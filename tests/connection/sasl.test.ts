import test, { type ExecutionContext } from 'ava'
import { Connection } from '../../lib/connection/connection.js'
import { AuthenticationError } from '../../lib/errors.js'
import type { SaslAuth } from '../../lib/sasl/mechanism.js'
import { SASLMssbcbs } from '../../lib/sasl/mssbcbs.js'
import { SASLOAuthBearer } from '../../lib/sasl/oauthbearer.js'
import { SASLPassword } from '../../lib/sasl/password.js'
import { SASLScram } from '../../lib/sasl/scram.js'
import { SCRAM_NAMES, type ScramName } from '../../lib/sasl/scram-keys.js'
import { ScramServer, ScramUsers } from '../../lib/sasl/scram-server.js'
import { SASLXOAuth2 } from '../../lib/sasl/xoauth2.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { utf8Decode, utf8Encode } from '../../lib/util/bytes.js'
import { Deferred } from '../../lib/util/deferred.js'
import { type SaslReply, type SaslScript, SaslServer } from '../support/sasl-server.js'

const users = new ScramUsers(new Map([['user', 'pencil']]))

/** A connection that is logging in at a server which follows the script. */
function logIn(auth: SaslAuth, mechanisms: readonly string[], script: SaslScript) {
  const [near, far] = memoryPair()
  const server = new SaslServer(far, mechanisms, script)
  return {
    server,
    connection: Connection.connect('amqp://broker.example', { auth, transport: async () => near }),
  }
}

/** The server's end of SCRAM as a script. */
function scram(proof: 'outcome' | 'challenge' = 'outcome'): SaslScript {
  let exchange: ScramServer | undefined
  return async (response, mechanism): Promise<SaslReply> => {
    exchange ??= new ScramServer(mechanism as ScramName, users, { proof })
    const reply = await exchange.respond(response ?? new Uint8Array())
    if (reply.kind === 'challenge') return reply
    return { kind: 'outcome', code: reply.accepted ? 0 : 1, additionalData: reply.additionalData }
  }
}

async function refused(t: ExecutionContext, connection: Promise<unknown>): Promise<AuthenticationError> {
  const error = await t.throwsAsync(connection, { instanceOf: AuthenticationError })
  return error as AuthenticationError
}

for (const name of SCRAM_NAMES) {
  for (const proof of ['outcome', 'challenge'] as const) {
    test(`a connection logs in by ${name}, with the server's proof in the ${proof} [5.3.3]`, async (t) => {
      const { server, connection } = logIn(SASLScram('user', 'pencil'), [name, 'PLAIN'], scram(proof))
      const open = await connection
      t.true(server.opened)
      t.is(server.mechanism, name)
      await open.close()
    })
  }
}

test('a wrong password is outcome 1, and the password in no message [5.3.3.6]', async (t) => {
  const { server, connection } = logIn(SASLScram('user', 'hunter2'), ['SCRAM-SHA-256'], scram())
  const error = await refused(t, connection)
  t.is(error.outcomeCode, 1)
  t.regex(error.message, /SCRAM-SHA-256/)
  t.false(server.opened)
  t.false(server.responses.some((bytes) => Buffer.from(bytes ?? []).includes('hunter2')))
})

test('a server that says ok and proves nothing is left at once [5.3.3.6]', async (t) => {
  const ok: SaslReply = { kind: 'outcome', code: 0 }
  const atOnce = logIn(SASLScram('user', 'pencil'), ['SCRAM-SHA-1'], () => ok)
  t.regex((await refused(t, atOnce.connection)).message, /without proving/)
  t.false(atOnce.server.opened)
  const script = scram()
  const afterwards = logIn(SASLScram('user', 'pencil'), ['SCRAM-SHA-1'], async (response, mechanism) => {
    const reply = await script(response, mechanism)
    return reply.kind === 'outcome' ? ok : reply
  })
  t.regex((await refused(t, afterwards.connection)).message, /without proving/)
  t.false(afterwards.server.opened)
})

test('a server that does not know the password cannot pass for one that does', async (t) => {
  const others = new ScramServer('SCRAM-SHA-256', new ScramUsers(new Map([['user', 'guess']])))
  const { connection } = logIn(SASLScram('user', 'pencil'), ['SCRAM-SHA-256'], async (response) => {
    const reply = await others.respond(response ?? new Uint8Array())
    return reply.kind === 'challenge'
      ? reply
      : { kind: 'outcome', code: 0, additionalData: utf8Encode('v=AAAA') }
  })
  t.regex((await refused(t, connection)).message, /does not know the password/)
})

test('what a mechanism refuses while it computes ends the connection', async (t) => {
  const { server, connection } = logIn(SASLScram('user', 'pencil'), ['SCRAM-SHA-256'], () => ({
    kind: 'challenge',
    challenge: utf8Encode('r=x,s=AAAA,i=4096'),
  }))
  t.regex((await refused(t, connection)).message, /nonce/)
  t.false(server.opened)
})

test('a name that has to be prepared first delays sasl-init, no more', async (t) => {
  const { server, connection } = logIn(SASLScram('I\u00adX', 'p'), ['SCRAM-SHA-1'], () => ({
    kind: 'outcome',
    code: 1,
  }))
  t.is((await refused(t, connection)).outcomeCode, 1)
  const [first] = server.responses
  t.regex(utf8Decode(first as Uint8Array, 0, first?.length ?? 0), /^n,,n=IX,r=/)
})

test('user and password go by SCRAM where it is offered, else by PLAIN', async (t) => {
  const by = async (...offered: string[]): Promise<string> => {
    const exchange = scram()
    const script: SaslScript = (response, mechanism) =>
      mechanism === 'PLAIN' ? { kind: 'outcome', code: 0 } : exchange(response, mechanism)
    const { server, connection } = logIn(SASLPassword('user', 'pencil'), offered, script)
    await (await connection).close()
    return server.mechanism
  }
  t.is(await by('PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-512'), 'SCRAM-SHA-512')
  t.is(await by('PLAIN'), 'PLAIN')
})

test('a token that has to be fetched is sent when it is there', async (t) => {
  const getToken = async (): Promise<string> => 'tok'
  const { server, connection } = logIn(SASLOAuthBearer({ getToken }), ['OAUTHBEARER'], () => ({
    kind: 'outcome',
    code: 0,
  }))
  await (await connection).close()
  t.deepEqual(server.responses, [utf8Encode('n,,\x01auth=Bearer tok\x01\x01')])
})

test('a token that is still being fetched is called off when the attempt to connect is', async (t) => {
  const reason = new RangeError('enough')
  const attempt = new AbortController()
  const calledOff = new Deferred<boolean | undefined>()
  const getToken = ({ signal }: { signal?: AbortSignal | undefined }): Promise<string> => {
    t.false(signal?.aborted)
    signal?.addEventListener('abort', () => calledOff.resolve(signal.aborted))
    attempt.abort(reason)
    return new Promise(() => {})
  }
  const [near, far] = memoryPair()
  const server = new SaslServer(far, ['OAUTHBEARER'], () => ({ kind: 'outcome', code: 0 }))
  const connecting = Connection.connect('amqp://broker.example', {
    auth: SASLOAuthBearer({ getToken }),
    transport: async () => near,
    signal: attempt.signal,
  })
  t.is(await t.throwsAsync(connecting, { instanceOf: RangeError }), reason)
  t.true(await calledOff.promise)
  t.deepEqual(server.responses, [])
})

test('a credential of Azure that has no token is a failed authentication', async (t) => {
  const auth = SASLXOAuth2({ user: 'u', getToken: async () => null })
  const { connection } = logIn(auth, ['XOAUTH2'], () => ({ kind: 'outcome', code: 0 }))
  t.regex((await refused(t, connection)).message, /is no token/)
})

test('a token that cannot be had ends the connection before anything is said', async (t) => {
  const cause = new TypeError('no network')
  const getToken = (): Promise<string> => Promise.reject(cause)
  const { server, connection } = logIn(SASLOAuthBearer({ getToken }), ['OAUTHBEARER'], () => ({
    kind: 'outcome',
    code: 0,
  }))
  t.is((await refused(t, connection)).cause, cause)
  t.deepEqual(server.responses, [])
})

for (const [auth, answer] of [
  [SASLOAuthBearer({ token: 'tok' }), Uint8Array.of(1)],
  [SASLXOAuth2({ user: 'u', token: 'tok' }), new Uint8Array()],
] as const) {
  const [name = ''] = auth.mechanisms
  test(`what a server says of its refusal of ${name} is in the error (RFC 7628, 3.2.3)`, async (t) => {
    const said = utf8Encode('{"status":"invalid_token","scope":"amqp"}')
    const { server, connection } = logIn(auth, [name], (response) =>
      response?.length === answer.length
        ? { kind: 'outcome', code: 1 }
        : { kind: 'challenge', challenge: said },
    )
    const error = await refused(t, connection)
    t.is(error.outcomeCode, 1)
    t.deepEqual(error.info, { status: 'invalid_token', scope: 'amqp' })
    t.regex(error.message, new RegExp(`${name}.*status "invalid_token", scope "amqp"`))
    t.deepEqual(server.responses[1], answer)
  })
}

test('MSSBCBS sends no initial response [5.3.3.2]', async (t) => {
  const { server, connection } = logIn(SASLMssbcbs(), ['ANONYMOUS', 'MSSBCBS'], () => ({
    kind: 'outcome',
    code: 0,
  }))
  await (await connection).close()
  t.is(server.mechanism, 'MSSBCBS')
  t.deepEqual(server.responses, [undefined])
})

test("a user's own mechanism that fails in its own way is an AuthenticationError", async (t) => {
  const cause = new TypeError('own')
  const mechanism = { name: 'OWN', initial: () => Promise.reject(cause), step: (bytes: Uint8Array) => bytes }
  const { connection } = logIn({ mechanisms: ['OWN'], create: () => mechanism }, ['OWN'], () => ({
    kind: 'outcome',
    code: 0,
  }))
  t.is((await refused(t, connection)).cause, cause)
})
