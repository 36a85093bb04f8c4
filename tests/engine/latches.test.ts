// The life of connections, sessions and links is the same machine: every order of what the two sides do is walked here.

import type { Endpoint } from '../../lib/engine/endpoint.js'
import { begun, EnginePair } from '../support/engine-pair.js'
import { type Conditions, scenario } from '../support/scenario.js'

/** Local open, local close, remote open, remote close. */
type Step = 'L+' | 'L-' | 'R+' | 'R-'

interface Life {
  readonly pair: EnginePair
  readonly does: Readonly<Record<Step, () => void>>
  readonly endpoint: () => Endpoint & { readonly stateName: string }
  /** Kinds of the frames that open and close. */
  readonly kinds: readonly [string, string]
}

interface Machine {
  readonly name: string
  readonly section: string
  readonly start: (conditions: Conditions) => Life
  readonly states: Readonly<Record<string, string>>
}

function politeToNobody(pair: EnginePair): void {
  for (const kind of ['open', 'close', 'begin', 'end', 'attach', 'detach'] as const)
    pair.peer.on(kind, () => {})
}

function session(conditions: Conditions): Life {
  const pair = new EnginePair(conditions).connect()
  const { peer } = pair
  politeToNobody(pair)
  const theirs = () => pair.sessions[0]
  let ours: EnginePair['sessions'][number] | undefined
  const endpoint = () => (ours ?? theirs()) as EnginePair['sessions'][number]
  return {
    pair,
    kinds: ['begin', 'end'],
    endpoint,
    does: {
      'L+': () => {
        if (theirs() === undefined) ours = pair.session().session
        else endpoint().begin()
      },
      'L-': () => endpoint().end(),
      'R+': () => {
        peer.begin(peer.sessions[0])
      },
      'R-': () => peer.end(),
    },
  }
}

function link(conditions: Conditions): Life {
  const { pair, peer, session: probe } = begun(conditions)
  politeToNobody(pair)
  let ours: Endpoint | undefined
  const theirs = () => probe.links[0]?.link
  const endpoint = () => (ours ?? theirs()) as NonNullable<ReturnType<typeof theirs>>
  const ofPeer = () => peer.session.links[0]
  return {
    pair,
    kinds: ['attach', 'detach'],
    endpoint,
    does: {
      'L+': () => {
        if (theirs() === undefined) ours = pair.sender(probe).link
        else endpoint().open({ source: { address: 'a' }, target: { address: 'b' } })
      },
      'L-': () => endpoint().detach(),
      'R+': () => {
        const waiting = ofPeer()
        if (waiting === undefined) peer.newLink('theirs', 'sender')
        else peer.attach(waiting)
      },
      'R-': () => {
        const known = ofPeer()
        if (known !== undefined) peer.detach(known)
      },
    },
  }
}

function connection(conditions: Conditions): Life {
  const pair = new EnginePair(conditions, { role: 'server' })
  const { peer, engine } = pair
  politeToNobody(pair)
  peer.on('header', () => {})
  pair.onOpen = () => {}
  engine.start(pair.nowMs)
  peer.start()
  pair.run()
  peer.forget()
  return {
    pair,
    kinds: ['open', 'close'],
    endpoint: () => engine.connection,
    does: {
      'L+': () => engine.connection.open(),
      'L-': () => engine.connection.close(),
      'R+': () => peer.open(),
      'R-': () => peer.close(),
    },
  }
}

const MACHINES: readonly Machine[] = [
  {
    name: 'connection',
    section: '2.4.6',
    start: connection,
    states: { o: 'OPEN_SENT', r: 'OPEN_RCVD', or: 'OPENED', oc: 'CLOSE_PIPE', orc: 'CLOSE_SENT', end: 'END' },
  },
  {
    name: 'session',
    section: '2.5.5',
    start: session,
    states: {
      o: 'BEGIN_SENT',
      r: 'BEGIN_RCVD',
      or: 'MAPPED',
      oc: 'END_PIPED',
      orc: 'END_SENT',
      end: 'UNMAPPED',
    },
  },
  {
    name: 'link',
    section: '2.6.3',
    start: link,
    states: {
      o: 'ATTACH_SENT',
      r: 'ATTACH_RCVD',
      or: 'ATTACHED',
      oc: 'DETACH_PIPED',
      orc: 'DETACH_SENT',
      end: 'DETACHED',
    },
  },
]

/** Orders of the steps, with the state after each. When the peer closes, our close follows by itself. */
const ORDERS: readonly (readonly (readonly [Step, string])[])[] = [
  [
    ['L+', 'o'],
    ['L-', 'oc'],
    ['R+', 'orc'],
    ['R-', 'end'],
  ],
  [
    ['L+', 'o'],
    ['R+', 'or'],
    ['L-', 'orc'],
    ['R-', 'end'],
  ],
  [
    ['L+', 'o'],
    ['R+', 'or'],
    ['R-', 'end'],
  ],
  [
    ['R+', 'r'],
    ['L+', 'or'],
    ['L-', 'orc'],
    ['R-', 'end'],
  ],
  [
    ['R+', 'r'],
    ['L+', 'or'],
    ['R-', 'end'],
  ],
  [
    ['R+', 'r'],
    ['L-', 'orc'],
    ['R-', 'end'],
  ],
  [
    ['R+', 'r'],
    ['R-', 'end'],
  ],
]

for (const { name, section, start, states } of MACHINES) {
  for (const order of ORDERS) {
    const steps = order.map(([step]) => step).join(' ')
    scenario(
      `a ${name} in the order ${steps} says open and close once each, in that order [${section}]`,
      (t, conditions) => {
        const { pair, does, endpoint, kinds } = start(conditions)
        for (const [step, state] of order) {
          does[step]()
          pair.run()
          t.is(endpoint().stateName, states[state] ?? '', `after ${step}`)
        }
        t.true(endpoint().ended)
        t.deepEqual(
          pair.peer.inbox.map((item) => item.body.kind as string),
          [...kinds],
        )
      },
    )
  }

  scenario(
    `a ${name} that was closed stays closed, whatever is asked of it [${section}]`,
    (t, conditions) => {
      const { pair, does, endpoint, kinds } = start(conditions)
      for (const step of ['R+', 'L+', 'L-', 'L-', 'L+'] as const) {
        does[step]()
        pair.run()
      }
      t.is(endpoint().stateName, states['orc'] ?? '')
      t.deepEqual(
        pair.peer.inbox.map((item) => item.body.kind as string),
        [...kinds],
      )
    },
  )
}
