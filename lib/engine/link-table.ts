// The links of a session: by our handle, by the peer's handle, and by name and role [2.6.2].
// Freed handles are used again, the one freed last first.

import type { Link } from './link.js'

export class LinkTable {
  private readonly byLocal: (Link | undefined)[] = []
  private readonly byRemote: (Link | undefined)[] = []
  private readonly byName = new Map<string, Link>()
  private readonly free: number[] = []

  private static key(name: string, isReceiver: boolean): string {
    return (isReceiver ? 'r:' : 's:') + name
  }

  find(name: string, isReceiver: boolean): Link | undefined {
    return this.byName.get(LinkTable.key(name, isReceiver))
  }

  /** Files a link under a free handle; false when there is none up to `handleMax`. */
  add(link: Link, handleMax: number): boolean {
    const handle = this.free.pop() ?? this.byLocal.length
    if (handle > handleMax) return false
    this.byLocal[handle] = link
    link.localHandle = handle
    this.byName.set(LinkTable.key(link.name, link.isReceiver), link)
    return true
  }

  atRemote(handle: number): Link | undefined {
    return this.byRemote[handle]
  }

  setRemote(handle: number, link: Link): void {
    link.remoteHandle = handle
    this.byRemote[handle] = link
  }

  remove(link: Link): void {
    if (this.byLocal[link.localHandle] === link) {
      this.byLocal[link.localHandle] = undefined
      this.free.push(link.localHandle)
    }
    if (this.byRemote[link.remoteHandle] === link) this.byRemote[link.remoteHandle] = undefined
    const key = LinkTable.key(link.name, link.isReceiver)
    if (this.byName.get(key) === link) this.byName.delete(key)
  }

  all(): Link[] {
    return this.byLocal.filter((link) => link !== undefined)
  }
}
