// Reads ava's TAP output, counts what passed and failed, and says in few lines what a log reader wants to know.

/** Counts results line by line; `print` is called with every line worth showing. */
export class Tally {
  passed = 0
  failed = 0
  skipped = 0
  #print
  #showing = false

  constructor(print) {
    this.#print = print
  }

  line(text) {
    const result = /^(not ok|ok) \d+ - (.*)$/.exec(text)
    if (result) this.#result(text, result[1] === 'ok', result[2])
    else if (/^(\s+|# {3})\S/.test(text) || text === '') this.#detail(text)
    else if (!/^(TAP version \d+|\d+\.\.\d+|#.*)$/.test(text)) this.#print(text)
  }

  #result(text, passed, rest) {
    this.#showing = false
    const directive = /\s# (SKIP|TODO)$/.exec(rest)
    if (directive) {
      this.skipped++
      this.#print(`  skipped: ${rest.slice(0, directive.index)}`)
    } else if (passed) {
      this.passed++
    } else {
      this.failed++
      this.#showing = true
      this.#print(text)
    }
  }

  #detail(text) {
    if (this.#showing) this.#print(text)
  }

  /** Ends the count. An exit code that no result explains counts as one failure, and so does a run without results. */
  end(exitCode) {
    if (this.failed > 0) return
    if (exitCode !== 0) this.fail(`the test runner ended with exit code ${exitCode}`)
    else if (this.passed === 0) this.fail('no test was run')
  }

  /** Counts a failure that is none of a test's. */
  fail(why) {
    this.failed++
    this.#print(`not ok - ${why}`)
  }
}
