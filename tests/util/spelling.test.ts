// What was meant by a name that is not known.

import test from 'ava'
import { meantBy, suggestion } from '../../lib/util/spelling.js'

const KNOWN = ['autoComplete', 'auth', 'prefetch', 'timeoutMs', 'msgTimeoutMs', 'tls']

test('a name in the spelling of other languages, or with a letter or two wrong, is recognized', (t) => {
  for (const [name, meant] of [
    ['auto_complete', 'autoComplete'],
    ['AutoComplete', 'autoComplete'],
    ['prefecth', 'prefetch'],
    ['prefech', 'prefetch'],
    ['prefetchs', 'prefetch'],
    ['timeout', 'timeoutMs'],
    ['msg_timeout', 'msgTimeoutMs'],
    ['tsl', undefined],
    ['tl', 'tls'],
  ] as const) {
    t.is(meantBy(name, KNOWN), meant, name)
  }
})

test('the nearest of several is meant', (t) => {
  t.is(meantBy('abcdef', ['abcdxy', 'abcdex', 'abcxyz']), 'abcdex')
})

test('a name that is near to none is not explained', (t) => {
  for (const name of ['retries', 'x', '', '__proto__', 'completely else']) {
    t.is(meantBy(name, KNOWN), undefined, name)
    t.is(suggestion(name, KNOWN), '')
  }
})
