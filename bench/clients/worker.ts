// Process: the client under test, by itself. Its argument names the library; the other one is never loaded.

import { Collections, collect } from '../support/meter.js'
import { startProfile, stopProfile } from '../support/profiler.js'
import { type Job, type Numbers, type Params, serve } from '../support/serve.js'
import { number, text } from './places.js'

const library = process.argv[2] === 'rhea' ? await import('./rhea.js') : await import('./amqp1.js')
const jobs = library.jobs

function job(name: string): Job {
  const found = jobs[name]
  if (found === undefined) throw new Error(`${process.argv[2]} has no job named ${name}`)
  return found
}

/** The rate with many links that have little credit each, as a share of that of one link with all of it. */
async function linkShare(params: Params): Promise<Numbers> {
  const links = number(params, 'links')
  const credit = number(params, 'credit')
  const all = links * credit
  const many = await job('send')({ ...params, renew: credit / 2, window: credit })
  const one = await job('send')({ ...params, links: 1, credit: all, renew: all / 2, window: all })
  return { share: Number(many['rate']) / Number(one['rate']), rate: Number(many['rate']) }
}

/** Bytes allocated for each message; needs a young generation that holds all of them. */
async function allocated(params: Params): Promise<Numbers> {
  const work = job(text(params, 'way'))
  await work({ ...params, count: number(params, 'warmUp') })
  collect()
  const collections = new Collections()
  const { heapEach, buffersEach } = await work(params)
  if ((await collections.stop()) > 0)
    throw new Error('garbage was collected while the allocations were counted')
  return { heapEach: Number(heapEach), buffersEach: Number(buffersEach) }
}

/** The most memory that the process ever had, in megabytes. */
async function peak(): Promise<Numbers> {
  return { rss: process.resourceUsage().maxRSS / 1024 }
}

async function profileStart(): Promise<Numbers> {
  await startProfile()
  return {}
}

async function profileStop(params: Params): Promise<Numbers> {
  await stopProfile(text(params, 'file'))
  return {}
}

serve({ ...jobs, linkShare, allocated, peak, profileStart, profileStop })
