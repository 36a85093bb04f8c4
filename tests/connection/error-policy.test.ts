// ErrorPolicy: what is tried again, and after how long. uAMQP's defaults, but for what could double a message.

import test from 'ava'
import { ErrorAction, ErrorPolicy } from '../../lib/connection/error-policy.js'
import {
  AMQPConnectionError,
  type AMQPError,
  ConnectionClose,
  LinkDetach,
  MessageSendFailed,
  SessionEnd,
} from '../../lib/errors.js'

const failed = new MessageSendFailed('no', { outcome: 'released', retryable: true })

test('what may succeed is tried again, what may have succeeded never', (t) => {
  const policy = new ErrorPolicy()
  t.true(policy.actionFor(failed).retry)
  t.false(policy.actionFor(new MessageSendFailed('no', { outcome: 'rejected' })).retry)
  t.false(policy.actionFor(new MessageSendFailed('lost', { retryable: true, inDoubt: true })).retry)
})

test('onError is asked about every error first, and may leave it to the policy', (t) => {
  const asked: AMQPError[] = []
  const policy = new ErrorPolicy({
    onError: (error) => {
      asked.push(error)
      return error.inDoubt ? new ErrorAction({ retry: true, backoffMs: 7 }) : undefined
    },
  })
  const doubtful = new MessageSendFailed('lost', { inDoubt: true })
  t.like(policy.actionFor(doubtful), { retry: true, backoffMs: 7, incrementRetries: true })
  t.true(policy.actionFor(failed).retry)
  t.deepEqual(asked, [doubtful, failed])
})

test('conditions of noRetry end it, whatever onError says', (t) => {
  const policy = new ErrorPolicy({
    noRetry: ['amqp:internal-error'],
    onError: () => new ErrorAction({ retry: true }),
  })
  t.false(policy.actionFor(new LinkDetach('x', { condition: 'amqp:internal-error', retryable: true })).retry)
  t.true(policy.actionFor(new LinkDetach('x', { condition: 'amqp:not-found' })).retry)
})

for (const [name, error, hook] of [
  ['an outcome', failed, 'onMessageError'],
  ['a detach', new LinkDetach('x', { condition: 'amqp:link:detach-forced' }), 'onLinkError'],
  ['a message lost with its link', new MessageSendFailed('x', { cause: new LinkDetach('y') }), 'onLinkError'],
  ['the end of a session', new SessionEnd('x', { condition: 'amqp:internal-error' }), 'onLinkError'],
  ['a refused connection', new AMQPConnectionError('x', { phase: 'tcp' }), 'onConnectionError'],
  [
    'a message lost with its connection',
    new MessageSendFailed('x', { cause: new ConnectionClose('y') }),
    'onConnectionError',
  ],
  ["a vendor's condition", new LinkDetach('x', { condition: 'com.example:odd' }), 'onUnrecognizedError'],
] as const) {
  test(`${name} is a matter of ${hook}`, (t) => {
    const asked: string[] = []
    const note = (hook: string) => (): ErrorAction => {
      asked.push(hook)
      return new ErrorAction()
    }
    class Noting extends ErrorPolicy {
      override onMessageError = note('onMessageError')
      override onLinkError = note('onLinkError')
      override onConnectionError = note('onConnectionError')
      override onUnrecognizedError = note('onUnrecognizedError')
    }
    new Noting().actionFor(error)
    t.deepEqual(asked, [hook])
  })
}

test('each wait is twice as long as the one before, up to a bound, give or take a fifth', (t) => {
  const policy = new ErrorPolicy({ backoffMs: 100, maxBackoffMs: 1_000 })
  const action = new ErrorAction({ retry: true })
  const delays = [0, 1, 2, 3, 4, 5].map((tries) => policy.delayMs(action, tries, 0.5))
  t.deepEqual(delays, [100, 200, 400, 800, 1_000, 1_000])
  t.is(policy.delayMs(action, 0, 0), 80)
  t.true(Math.abs(policy.delayMs(action, 0, 1) - 120) < 1e-9)
  t.is(policy.delayMs(new ErrorAction({ retry: true, backoffMs: 5 }), 9, 0.5), 5)
})

test('the schedule stays a schedule after any number of tries', (t) => {
  const action = new ErrorAction({ retry: true })
  t.is(new ErrorPolicy({ backoffMs: 0 }).delayMs(action, 2_000, 0.5), 0)
  t.is(new ErrorPolicy({ backoffMs: 1, maxBackoffMs: 60_000 }).delayMs(action, 2_000, 0.5), 60_000)
})

test('a service that is busy is left alone for some seconds', (t) => {
  const policy = new ErrorPolicy({ backoffMs: 1 })
  const busy = new MessageSendFailed('x', { condition: 'com.microsoft:server-busy', retryable: true })
  t.like(policy.actionFor(busy), { retry: true, backoffMs: 4_000 })
})

test('options that do not exist or make no sense are refused', (t) => {
  t.throws(() => new ErrorPolicy({ maxRetries: -1 }), { instanceOf: RangeError, message: /maxRetries/ })
  t.throws(() => new ErrorPolicy({ retries: 1 } as object), { instanceOf: TypeError, message: /retries/ })
  t.throws(() => new ErrorAction({ backoffMs: -1 }), { instanceOf: RangeError, message: /backoffMs/ })
})
