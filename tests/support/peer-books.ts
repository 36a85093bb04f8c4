// The books of the scripted peer: its sessions and links, kept up with everything that the engine writes. Whatever
// breaks the specification fails the story in which it happens.

import type { Attach, Begin, Detach } from '../../lib/types/transport.js'
import { PeerInbox } from './peer-inbox.js'
import { judge, PeerLink, PeerSession } from './peer-state.js'
import type { Body, Item } from './peer-wire.js'

export abstract class PeerBooks extends PeerInbox {
  readonly sessions: PeerSession[] = []
  /** Largest frame that the engine may write: the peer's max-frame-size, once told. */
  frameLimit = 512
  readonly initialId: number
  private openReceived = false
  private closeReceived = false

  constructor(initialId: number) {
    super()
    this.initialId = initialId
  }

  protected override notice(item: Item): void {
    const { body } = item
    if (body.kind === 'header' || body.kind.startsWith('sasl-')) return
    judge(!this.closeReceived, `${body.kind} came after close [2.4.3]`)
    judge(
      item.size <= this.frameLimit,
      `a frame of ${item.size} bytes where ${this.frameLimit} may come [2.4.1]`,
    )
    if (body.kind === 'open') {
      judge(!this.openReceived, 'a second open came [2.4.1]')
      this.openReceived = true
      return
    }
    judge(this.openReceived, `${body.kind} came before open [2.4.1]`)
    if (body.kind === 'close') this.closeReceived = true
    else if (body.kind === 'begin') this.noticeBegin(body, item.channel)
    else if (body.kind !== 'empty') this.noticeInSession(this.at(item.channel), body)
  }

  protected at(channel: number): PeerSession {
    const session = this.sessions.find((one) => one.remoteChannel === channel && !one.endReceived)
    judge(session !== undefined, `a frame came on channel ${channel}, which has no session [2.5.1]`)
    return session
  }

  private noticeBegin(begin: Begin, channel: number): void {
    const taken = this.sessions.some(
      (one) => one.remoteChannel === channel && !(one.endReceived && one.endSent),
    )
    judge(!taken, `a second begin came on channel ${channel} [2.5.1]`)
    const answers = begin.remoteChannel
    const waiting = this.sessions.find((one) => one.channel === answers && one.remoteChannel === undefined)
    if (answers !== undefined) judge(waiting !== undefined, `begin answers channel ${answers} [2.7.2]`)
    const session = waiting ?? this.addSession()
    session.onBegin(begin, channel)
  }

  private noticeInSession(session: PeerSession, body: Body): void {
    switch (body.kind) {
      case 'attach':
        return this.noticeAttach(session, body)
      case 'flow':
        session.onFlow(body)
        if (body.handle !== undefined) session.linkOf(body.handle).onFlow(body)
        return
      case 'transfer':
        session.onTransfer()
        session.linkOf(body.handle).onTransfer(body)
        return
      case 'disposition':
        return session.onDisposition(body)
      case 'detach':
        return this.noticeDetach(session, body)
      case 'end':
        session.endReceived = true
        return
      default:
        throw new Error(`${body.kind} came in a session`)
    }
  }

  private noticeAttach(session: PeerSession, attach: Attach): void {
    const { handle, name } = attach
    judge(!session.links.some((link) => link.remoteHandle === handle), `handle ${handle} is in use [2.6.2]`)
    const isReceiver = !attach.role
    const waiting = session.links.find(
      (link) => link.name === name && link.isReceiver === isReceiver && link.remoteHandle === undefined,
    )
    const link = waiting ?? this.addLink(session, name, isReceiver)
    link.onAttach(attach)
  }

  private noticeDetach(session: PeerSession, detach: Detach): void {
    const link = session.linkOf(detach.handle)
    link.remoteHandle = undefined
    if (link.detachSent) session.links.splice(session.links.indexOf(link), 1)
  }

  protected addSession(): PeerSession {
    const used = new Set(
      this.sessions.filter((one) => !(one.endReceived && one.endSent)).map((one) => one.channel),
    )
    let channel = 7
    while (used.has(channel)) channel++
    const session = new PeerSession(channel, this.initialId)
    this.sessions.push(session)
    return session
  }

  protected addLink(session: PeerSession, name: string, isReceiver: boolean): PeerLink {
    const link = new PeerLink(session, name, isReceiver, session.freeHandle(), this.initialId)
    session.links.push(link)
    return link
  }

  // --- what the peer knows

  /** The session begun last. */
  get session(): PeerSession {
    const session = this.sessions.at(-1)
    judge(session !== undefined, 'no session was begun')
    return session
  }

  /** The link of that name in any session, the latest first. */
  link(name: string): PeerLink {
    const links = this.sessions.flatMap((session) => session.links)
    const link = links.reverse().find((candidate) => candidate.name === name)
    judge(link !== undefined, `no link "${name}" was attached`)
    return link
  }
}
