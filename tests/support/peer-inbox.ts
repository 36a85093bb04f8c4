// What came to the scripted peer and how a story asks for it: in order (`expect`), by kind (`takeAll`), to the end
// (`done`); and which answers of the peer a story replaces (`on`).

import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { inspectComposite } from '../../lib/types/inspect.js'
import { type Body, type BodyOf, type Item, type Kind, PeerReader } from './peer-wire.js'

export type Handler<K extends Kind> = (body: BodyOf<K>, item: Item<BodyOf<K>>) => void

export abstract class PeerInbox {
  /** What came and was not asked for yet. */
  inbox: Item[] = []
  protected readonly reader = new PeerReader()
  private readonly handlers = new Map<Kind, (body: never, item: never) => void>()

  /** Keeps the books, and judges. */
  protected abstract notice(item: Item): void
  /** The polite answer; a handler may ask for it, too. */
  abstract answer(body: Body, channel: number): void

  receive(chunk: Uint8Array): void {
    this.reader.push(chunk)
    for (let item = this.reader.next(); item !== undefined; item = this.reader.next()) this.onItem(item)
  }

  private onItem(item: Item): void {
    this.inbox.push(item)
    this.notice(item)
    const { body } = item
    const handler = this.handlers.get(body.kind) as Handler<Kind> | undefined
    if (handler !== undefined) handler(body, item)
    else this.answer(body, item.channel)
  }

  /** Bytes of a frame that is not whole. */
  get waitingBytes(): number {
    return this.reader.waitingBytes
  }

  /** Replaces the polite answer to things of one kind; `undefined` brings it back. */
  on<K extends Kind>(kind: K, handler: Handler<K> | undefined): void {
    if (handler === undefined) this.handlers.delete(kind)
    else this.handlers.set(kind, handler as (body: never, item: never) => void)
  }

  /** The next thing that came must be of this kind and have these fields. */
  expect<K extends Kind>(kind: K, fields: Partial<BodyOf<K>> = {}): Item<BodyOf<K>> & BodyOf<K> {
    const item = this.inbox.shift()
    const came = item === undefined ? 'nothing' : describe(item.body)
    strictEqual(item?.body.kind, kind, `${kind} was due, ${came} came`)
    const body = item?.body as BodyOf<K>
    const found: Record<string, unknown> = {}
    for (const key of Object.keys(fields)) found[key] = body[key as keyof BodyOf<K>]
    deepStrictEqual(found, { ...fields }, `fields of ${came}`)
    return { ...body, ...(item as Item<BodyOf<K>>) }
  }

  /** All that is left of one kind, in order; it is taken out of the inbox. */
  takeAll<K extends Kind>(kind: K): (Item<BodyOf<K>> & BodyOf<K>)[] {
    const taken = this.inbox.filter((item) => item.body.kind === kind)
    this.inbox = this.inbox.filter((item) => item.body.kind !== kind)
    return taken.map((item) => ({ ...(item.body as BodyOf<K>), ...(item as Item<BodyOf<K>>) }))
  }

  /** Nothing more came. */
  done(): void {
    deepStrictEqual(
      this.inbox.map((item) => describe(item.body)),
      [],
      'nothing more was due',
    )
    strictEqual(this.waitingBytes, 0, 'a frame came in part')
  }

  /** What came so far is of no interest. */
  forget(): void {
    this.inbox = []
  }
}

function describe(body: Body): string {
  return body.kind === 'header' ? `header ${body.bytes.join(' ')}` : inspectComposite(body)
}
