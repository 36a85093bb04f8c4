// The jobs of rhea.

import { codec } from '../codec/rhea.js'
import type { Job } from '../support/serve.js'
import { receive } from './rhea-receive.js'
import { awaited, held, openLinks, paced, send } from './rhea-send.js'

export const jobs: Readonly<Record<string, Job>> = { send, paced, awaited, held, receive, openLinks, codec }
