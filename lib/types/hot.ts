// The codecs of the frames that every message needs: straight-line, without a table and without a loop over fields.
// Invariant: they read and write exactly what the tables of transport.ts do, errors included.

export { decodeDisposition, decodeFlow, decodeTransfer } from './hot-decode.js'
export { encodeDisposition, encodeFlow, encodeTransfer } from './hot-encode.js'
