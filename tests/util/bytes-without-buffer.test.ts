// Browsers have no Buffer: the same must hold without its native routines.
import test from 'ava'
import './support/hide-buffer.js'
import * as bytes from '../../lib/util/bytes.js'
import './support/restore-buffer.js'
import { testText } from './text-properties.js'

testText(bytes)

test('the platform has its Buffer back', (t) => {
  t.is(typeof Buffer, 'function')
})
