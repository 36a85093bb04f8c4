// The child's side of the line to the process that prints the table: jobs come by name, results go back.
// A child ends when its parent does, and at once when it is told to.

export type Numbers = Readonly<Record<string, number>>
export type Params = Readonly<Record<string, string | number | boolean>>
export type Job = (params: Params) => Promise<Numbers>

export interface Request {
  readonly id: number
  readonly job: string
  readonly params: Params
}

export interface Reply {
  readonly id: number
  readonly result?: Numbers
  readonly error?: string
}

export function serve(jobs: Readonly<Record<string, Job>>): void {
  process.on('disconnect', () => process.exit(0))
  // The parent decides when an interrupted run ends.
  process.on('SIGINT', () => {})
  process.on('message', async ({ id, job, params }: Request) => {
    const reply = await run(jobs[job], job, params).then(
      (result): Reply => ({ id, result }),
      (error: unknown): Reply => ({
        id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    )
    process.send?.(reply)
  })
}

async function run(job: Job | undefined, name: string, params: Params): Promise<Numbers> {
  if (job === undefined) throw new Error(`there is no job named ${name}`)
  return job(params)
}
