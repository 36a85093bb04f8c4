// Nothing may go wrong unseen: a rejection that nobody handles and a warning of the platform fail the test during which
// they come.

import type { TestFn } from 'ava'

const complaints: string[] = []

process.on('unhandledRejection', (reason) => {
  complaints.push(`unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`)
})
process.on('warning', (warning) => {
  complaints.push(`warning: ${warning.name}: ${warning.message}`)
})

export function keepTidy(test: TestFn): void {
  test.afterEach.always(async (t) => {
    // Both are told a turn after the fact.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
    t.deepEqual(complaints.splice(0), [])
  })
}
