// Links that can take a message are served by turns, and those that have gone are not kept.

import test from 'ava'
import { Round } from '../../lib/broker/round.js'

class Member {
  inRound = false
  ready = true
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

function roundOf(...names: string[]): { round: Round<Member>; members: Member[] } {
  const round = new Round<Member>()
  const members = names.map((name) => new Member(name))
  for (const member of members) round.enter(member)
  return { round, members }
}

const names = (round: Round<Member>): string[] => {
  const found: string[] = []
  for (let member = round.next(); member !== undefined; member = round.next()) found.push(member.name)
  return found
}

test('each has its turn, once for each time that it enters', (t) => {
  const { round, members } = roundOf('a', 'b')
  for (const member of members) round.enter(member)
  t.is(round.next()?.name, 'a')
  round.enter(members[0] as Member)
  t.deepEqual(names(round), ['b', 'a'])
  t.deepEqual(names(round), [])
})

test('who is not ready does not enter, and loses a turn that comes too late', (t) => {
  const { round, members } = roundOf('a', 'b')
  const [first, second] = members as [Member, Member]
  first.ready = false
  t.deepEqual(names(round), ['b'])
  round.enter(first)
  first.ready = true
  round.enter(first)
  round.enter(second)
  t.deepEqual(names(round), ['a', 'b'])
})

test('who leaves has no turn, and may come back', (t) => {
  const { round, members } = roundOf('a', 'b', 'c')
  const [, second] = members as [Member, Member]
  round.leave(second)
  round.leave(second)
  t.false(second.inRound)
  t.is(round.next()?.name, 'a')
  round.enter(second)
  t.deepEqual(names(round), ['c', 'b'])
})
