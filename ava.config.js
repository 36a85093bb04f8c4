// Tests are compiled to CommonJS first (scripts/test.mjs); every file runs in a process of its own, so that one
// test's memory, handles or crash are never another's.
export default {
  files: ['build*/tests/**/*.test.js'],
  workerThreads: false,
  timeout: '60s',
}
