// The event hubs of a broker by name. Capitals do not matter.

import { AMQPError } from '../../errors.js'
import type { Clock } from '../../util/clock.js'
import { EventHub } from './hub.js'
import { checkHubName, type EventHubOptions, eventHubSettings } from './options.js'

export class EventHubs {
  private readonly clock: Clock
  private readonly byName = new Map<string, EventHub>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  get names(): readonly string[] {
    return [...this.byName.values()].map(({ name }) => name)
  }

  create(name: string, options: EventHubOptions): EventHub {
    checkHubName(name)
    const settings = eventHubSettings(options)
    if (this.find(name) !== undefined) {
      throw new AMQPError(`Event hub "${name}" exists already`, {
        code: 'AMQP_EVENT_HUB_EXISTS',
        condition: 'amqp:precondition-failed',
      })
    }
    const hub = new EventHub(name, settings, this.clock)
    this.byName.set(name.toLowerCase(), hub)
    return hub
  }

  find(name: string): EventHub | undefined {
    return this.byName.get(name.toLowerCase())
  }

  /** False when there is none. */
  delete(name: string): boolean {
    const hub = this.find(name)
    if (hub === undefined) return false
    this.byName.delete(name.toLowerCase())
    hub.delete()
    return true
  }
}
