// The jobs of amqp1.

import { codec } from '../codec/amqp1.js'
import type { Job } from '../support/serve.js'
import { openLinks } from './amqp1-links.js'
import { receive } from './amqp1-receive.js'
import { awaited, held, paced, send } from './amqp1-send.js'

export const jobs: Readonly<Record<string, Job>> = { send, paced, awaited, held, receive, openLinks, codec }
