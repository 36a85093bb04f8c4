// A rule that the peer broke. Thrown where it is noticed, caught once in `Engine.receive`,
// which closes the scope named here with the condition named here.

/** What can be closed with an error: a connection, session or link. */
export interface Scope {
  fail(condition: string, description: string): void
}

export class Violation {
  readonly scope: Scope
  readonly condition: string
  readonly description: string

  constructor(scope: Scope, condition: string, description: string) {
    this.scope = scope
    this.condition = condition
    this.description = description
  }
}
