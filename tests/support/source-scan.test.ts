import test from 'ava'
import { SourceScan } from './source-scan.js'
import { tokenize } from './source-tokens.js'

const kinds = (source: string): string[] => tokenize(source).tokens.map(({ kind, text }) => `${kind} ${text}`)
const specifiers = (source: string) => new SourceScan(source).imports().map(({ specifier }) => specifier)
const functions = (source: string): string[] =>
  new SourceScan(source).functions().map(({ name, line, lines }) => `${name}@${line}+${lines}`)

test('comments are set apart from code, and lines are counted', (t) => {
  const { tokens, comments, lineCount } = tokenize("#!/bin/node\na // b\n/* c\n 'd */ e\n")
  t.deepEqual(
    tokens.map(({ text, line, newline }) => [text, line, newline]),
    [
      ['a', 2, true],
      ['e', 4, true],
    ],
  )
  t.deepEqual(comments, [
    { text: '#!/bin/node', line: 1 },
    { text: '// b', line: 2 },
    { text: "/* c\n 'd */", line: 3 },
  ])
  t.is(lineCount, 4)
})

test('strings keep what looks like code, a comment or a quote', (t) => {
  t.deepEqual(kinds(`'a // b' "it's" '\\'' ''`), ['string a // b', "string it's", "string \\'", 'string '])
})

test('templates nest, and what is substituted is code', (t) => {
  t.deepEqual(kinds('`a ${ { b: `c${d}` } } e` + f'), [
    'template a ',
    'punct ${',
    'punct {',
    'word b',
    'punct :',
    'template c',
    'punct ${',
    'word d',
    'punct }',
    'template ',
    'punct }',
    'punct }',
    'template  e',
    'punct +',
    'word f',
  ])
})

test('a slash is a division behind an operand, and a regular expression elsewhere', (t) => {
  const isRegex = (source: string): boolean => tokenize(source).tokens.some(({ kind }) => kind === 'regex')
  for (const source of [
    'a / b / c',
    'a() / b / c',
    'a[0] / b / c',
    'a! / b / c',
    'i++ / b / c',
    '1 / b / c',
    '`x` / b / c',
    'x.in / 1 / 2',
  ]) {
    t.false(isRegex(source), source)
  }
  for (const source of [
    '/a/',
    'x = /"/',
    'f(/[/"]/)',
    "return /'/u",
    'if (a) /"/.test(b)',
    'a && !/"/g',
    '=> /`/',
    "case /'/",
  ]) {
    t.true(isRegex(source), source)
  }
})

test('numbers and words of every form are one token each', (t) => {
  t.deepEqual(kinds('1_000n 0xfe 1.5e-3 .5 #a $b _c ünï 0xe+1'), [
    'number 1_000n',
    'number 0xfe',
    'number 1.5e-3',
    'number .5',
    'word #a',
    'word $b',
    'word _c',
    'word ünï',
    'number 0xe',
    'punct +',
    'number 1',
  ])
})

test('a source that is malformed is refused with the line', (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["\n'a", 'line 2: a string is never closed'],
    ['`a', 'line 1: a template is never closed'],
    ['/* a', 'line 1: a comment is never closed'],
    ['x = /a\n', 'line 1: a regular expression is never closed'],
    ['(]', "line 1: ']' closes nothing"],
    ['a }', "line 1: '}' closes nothing"],
    ['{ (', "line 1: '(' is never closed"],
  ]
  for (const [source, message] of cases)
    t.throws(() => tokenize(source), { instanceOf: SyntaxError, message }, source)
})

test('imports of every form are found', (t) => {
  const source = `
    import './a'
    import b from './b'
    import * as c from './c'
    import d, { type e as f } from './d'
    import type { g } from './e'
    import type from './f'
    import { h } from './g' with { type: 'json' }
    export * from './h'
    export * as i from './i'
    export { j, default as k } from './j'
    export type { l } from './k'
    const m: import('./l').M = await import("./m")
    const n = require('./n')
    import o = require('./o')
    const p = import(name)
  `
  const letters = 'abcdefghijklmno'.split('').map((letter) => `./${letter}`)
  t.deepEqual(specifiers(source), [...letters, undefined])
})

test('what only looks like an import is none', (t) => {
  const source = `
    // import a from './a'
    const b = "import c from './c'"
    export const from = './d'
    export type E = { from: './e' }
    export default './f'
    export function g() { return Array.from('./g') }
    h.import('./h'); i.require('./i'); import.meta.url
    const j = { import: './j', require: './k' }
    export { j }
    const k = 'from'
  `
  t.deepEqual(specifiers(source), [])
})

test('functions of every form are measured', (t) => {
  const source = `function a() {
}
async function* b<T extends { x: string }>(c: T): AsyncGenerator<[T, { y: 1 }]> {
}
const d = (e: number): string =>
  String(
    e,
  )
const f = async <T,>({ g }: { g: T }) => {
}
const h = i => i ? j(k) : (l) => {
}
export default function (j) {
}
call(k, (l) => {
}, function m() {})
const o = (n: string): n is 'x' => n === 'x'
const p = (): (() => void) => {
}`
  t.deepEqual(functions(source), [
    'a@1+2',
    'b@3+2',
    'd@5+4',
    'f@9+2',
    'h@11+2',
    'arrow function@11+2',
    'function@13+2',
    'arrow function@15+2',
    'm@16+1',
    'o@17+1',
    'p@18+2',
  ])
})

test('methods of classes and objects are measured, whatever their name', (t) => {
  const source = `class A<T> extends mixin(B) implements C {
  static {
  }
  constructor(readonly a: T) {
  }
  get b(): { c: string } | undefined {
  }
  static async *#d(): AsyncIterable<() => void> {
  }
  [Symbol.asyncDispose](): Promise<void> {
  }
  delete(id: number): T | undefined {
  }
  'quoted'() {
  }
  e = (f: number): f is 1 => {
  }
  g(): asserts this is { h: 1 } {
  }
  overload(a: string): void
  abstract i(): { j: string }
}
const k = { l() {
}, async m() {
} }`
  t.deepEqual(functions(source), [
    'static block@2+2',
    'constructor@4+2',
    'b@6+2',
    '#d@8+2',
    '[asyncDispose]@10+2',
    'delete@12+2',
    'quoted@14+2',
    'e@16+2',
    'g@18+2',
    'l@23+2',
    'm@24+2',
  ])
})

test('statements, calls, signatures and conditional expressions are no functions', (t) => {
  const source = `
    if (a) {}
    else if (b) {}
    for (const c of d) {}
    for await (const e of f) {}
    while (g) {}
    switch (h) { case i(j): { break } case k(l): return { m } }
    try {} catch (n) {}
    const o = p ? q(r) : { s: 1 }
    new T(u)
    interface V { w(x: string): { y: 1 }; z(): void }
    declare function aa(): void
    label: { bb(cc) }
  `
  t.deepEqual(functions(source), [])
})

test('an arrow function without braces ends where its expression ends', (t) => {
  t.deepEqual(functions('const a = (b) =>\n  b\n    .c()\n    + `d`\nconst e = 1'), ['a@1+4'])
  t.deepEqual(functions('f((a) => g(\n  a,\n), h)\n'), ['arrow function@1+3'])
  t.deepEqual(functions('const a = {\n  b: (c) => c,\n  d: 1,\n}'), ['b@2+1'])
  t.deepEqual(functions('const a = new Map<string, () => void>([\n\n])'), ['arrow function@1+1'])
  t.deepEqual(functions('const a = (b) => b > c &&\n  d >> e &&\n  f(\n)'), ['a@1+4'])
})
