// Who listens to a link that the peer began [2.6.3], until its owner sets a listener of its own.

import type { ReceiverLinkListener } from './receiver-link.js'
import type { SenderLinkListener } from './sender-link.js'

export const NOBODY: SenderLinkListener & ReceiverLinkListener = {
  onAttach() {},
  onEnd() {},
  onCredit() {},
  onDelivery() {},
  onDrained() {},
}
