// The way of a frame from its connection to its session, by performative.

import type { Performative } from '../types/transport.js'
import type { Session } from './session.js'

export function toSession(
  session: Session,
  performative: Performative,
  payload: Uint8Array,
  rest: readonly Uint8Array[],
): void {
  if (performative.kind === 'end') return session.onEnd(performative)
  if (session.discarding) return
  switch (performative.kind) {
    case 'transfer':
      return session.onTransfer(performative, payload, rest)
    case 'disposition':
      return session.onDisposition(performative)
    case 'flow':
      return session.onFlow(performative)
    case 'attach':
      return session.onAttach(performative)
    case 'detach':
      return session.onDetach(performative)
  }
}
