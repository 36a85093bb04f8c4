// Encoding and decoding alone, without a connection.

import type { BenchCase, Bound } from '../support/case.js'

function codecCase(name: string, title: string, operation: string, floor: number, target: number): BenchCase {
  const bound = (ratio: number): Bound => ({ ratio })
  return {
    name,
    group: 'codec',
    count: 0,
    rows: [
      { title, key: 'rate', unit: 'ops/s', better: 'higher', floor: bound(floor), target: bound(target) },
    ],
    measure: ({ worker, seconds }) => worker.run('codec', { operation, seconds }),
  }
}

export const codecCases: readonly BenchCase[] = [
  codecCase('encode-message', 'encode a 1 KiB message, into bytes of its own', 'encodeMessage', 8, 18),
  codecCase('build-encode', 'build and encode a 1 KiB message', 'buildAndEncode', 8, 18),
  codecCase('decode-message', 'decode a 1 KiB message, all fields', 'decodeMessage', 3, 5),
  codecCase('decode-body', 'decode a 1 KiB message, only the body', 'decodeBody', 3, 20),
  codecCase('encode-map', 'encode a map of 20', 'encodeMap', 3, 5.5),
  codecCase('decode-map', 'decode a map of 20', 'decodeMap', 2, 3),
  codecCase('encode-longs', 'encode an array of 1000 longs (bigints, rhea: numbers)', 'encodeLongs', 4, 8),
  codecCase('decode-longs', 'decode an array of 1000 longs', 'decodeLongs', 4, 8),
  codecCase('encode-frame', 'encode a transfer frame with its message', 'encodeFrame', 8, 18),
  codecCase('decode-frame', 'decode a transfer frame with its message, all fields', 'decodeFrame', 3, 5),
  codecCase('decode-frame-body', 'decode a transfer frame, only the body', 'decodeFrameBody', 3, 20),
]
