// HTTP proxies in another process, one for all tests of a file. It ends when the tests do.

import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Answer, ProxySettings, Question, SeenRequest } from './http-proxy.js'

const waiting = new Map<number, (answer: Answer) => void>()
let child: ChildProcess | undefined

function startChild(): ChildProcess {
  const started = fork(join(__dirname, 'http-proxy.js'))
  started.on('message', (answer: Answer) => waiting.get(answer.number)?.(answer))
  return started
}

function ask(question: { settings: ProxySettings } | { port: number }): Promise<Answer> {
  child ??= startChild()
  const asked: Question = { number: waiting.size, ...question }
  child.send(asked)
  return new Promise((resolve) => waiting.set(asked.number, resolve))
}

export class ProxyProcess {
  readonly host = '127.0.0.1'
  readonly port: number

  private constructor(port: number) {
    this.port = port
  }

  static async start(settings: ProxySettings = {}): Promise<ProxyProcess> {
    const { port = 0 } = await ask({ settings })
    return new ProxyProcess(port)
  }

  /** The requests that it has got, in order. */
  async seen(): Promise<readonly SeenRequest[]> {
    const { seen = [] } = await ask({ port: this.port })
    return seen
  }

  /** Ends all proxies of this file. */
  static end(): void {
    child?.disconnect()
  }
}
