// Messages that are to appear later: what is taken out is that message and no other, wherever it stands.

import test from 'ava'
import fc from 'fast-check'
import { BrokeredMessage } from '../../../lib/broker/service-bus/brokered-message.js'
import { Schedule } from '../../../lib/broker/service-bus/schedule.js'
import { Message } from '../../../lib/message/message.js'

const payload = new Message('a').encodeMessage()

function numbered(sequence: number): BrokeredMessage {
  const message = new BrokeredMessage(payload, 0, 0)
  message.sequence = sequence
  return message
}

test('those that are left appear by time, and by number where times are the same', (t) => {
  const entry = fc.record({ dueMs: fc.nat({ max: 5 }), removed: fc.boolean() })
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const schedule = new Schedule()
      const all = entries.map((one, index) => ({ ...one, message: numbered(index) }))
      for (const { message, dueMs } of all) schedule.add(message, dueMs)
      for (const { message, removed } of all) if (removed) schedule.remove(message)
      const left = all.filter(({ removed }) => !removed)
      left.sort((a, b) => a.dueMs - b.dueMs || a.message.sequence - b.message.sequence)
      t.deepEqual(
        schedule.takeDue(5).map(({ sequence }) => sequence),
        left.map(({ message }) => message.sequence),
      )
      t.is(schedule.nextMs, Number.POSITIVE_INFINITY)
    }),
  )
})

test('a message that has appeared, or never was there, is taken out without effect', (t) => {
  const schedule = new Schedule()
  const [one, two, other] = [numbered(1), numbered(2), numbered(3)]
  schedule.add(one, 10)
  schedule.add(two, 20)
  t.deepEqual(schedule.takeDue(10), [one])
  schedule.remove(one)
  schedule.remove(other)
  t.deepEqual(schedule.takeDue(20), [two])
})
