// A session that many use: begun for the first of them, and begun anew when it has ended.

import type { Session } from './session.js'

export class SharedSession {
  private readonly begin: () => Promise<Session>
  private current: Promise<Session> | undefined = undefined

  constructor(begin: () => Promise<Session>) {
    this.begin = begin
  }

  get(): Promise<Session> {
    this.current ??= this.start()
    return this.current
  }

  private start(): Promise<Session> {
    const session = this.begin()
    const forget = (): void => {
      if (this.current === session) this.current = undefined
    }
    session.then((open) => open.closed.then(forget), forget)
    return session
  }
}
