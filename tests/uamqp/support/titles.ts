// Titles of tests as they stand in a source; what a template fills in is an ellipsis.

import { readFileSync } from 'node:fs'

const CALL = /\b(?:test(?:\.serial)?|scenario)\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g

export function titlesIn(path: string): string[] {
  const source = readFileSync(path, 'utf8')
  return Array.from(source.matchAll(CALL), ([, , title = '']) => title.replace(/\$\{[^}]*\}/g, '…'))
}
