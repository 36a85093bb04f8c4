// Finds in TypeScript source what the rules of the architecture are about: imports, functions and their lengths, words.
// The compiler offers no programming interface, so the few shapes needed are recognised here from tokens.
import { endsOperand, type Token, type Tokenized, tokenize } from './source-tokens.js'

export interface ImportFound {
  /** What is imported from, as written; undefined when it is computed at run time. */
  readonly specifier: string | undefined
  readonly line: number
}

export interface FunctionFound {
  readonly name: string
  readonly line: number
  /** Lines from the first of its head to the last of its body. */
  readonly lines: number
}

/** One source file, split into tokens once for all questions. */
export class SourceScan {
  readonly tokens: readonly Token[]
  readonly comments: Tokenized['comments']
  readonly lineCount: number
  /** Arrows that belong to a parameter list in parentheses, or to a function type in a return type. */
  readonly #claimed = new Set<number>()

  constructor(source: string) {
    const { tokens, comments, lineCount } = tokenize(source)
    this.tokens = tokens
    this.comments = comments
    this.lineCount = lineCount
  }

  /** Every import, re-export, `import()` in code or type, and `require()`. */
  imports(): ImportFound[] {
    const found: ImportFound[] = []
    this.tokens.forEach((token, i) => {
      if (token.kind !== 'word' || this.#isName(i)) return
      const next = this.tokens[i + 1]
      if (
        (token.text === 'import' || token.text === 'require') &&
        next?.text === '(' &&
        next.kind === 'punct'
      ) {
        found.push({ specifier: this.#onlyString(i + 1), line: token.line })
      } else if (token.text === 'import' || token.text === 'export') {
        const from = token.text === 'import' && next?.kind === 'string' ? next : this.#fromClause(i)
        if (from !== undefined) found.push({ specifier: from.text, line: token.line })
      }
    })
    return found
  }

  /** Every function, method, accessor and arrow function that has a body. */
  functions(): FunctionFound[] {
    const found: FunctionFound[] = []
    this.tokens.forEach((token, i) => {
      if (token.kind === 'punct' && token.text === '(') {
        const one = this.#functionAt(i)
        if (one !== undefined) found.push(one)
      } else if (token.text === '=>' && token.kind === 'punct' && !this.#claimed.has(i)) {
        found.push(this.#arrow(i - 1, i - 1, i))
      } else if (token.text === 'static' && this.tokens[i + 1]?.text === '{') {
        found.push(this.#made('static block', i, this.tokens[i + 1]?.partner ?? i))
      }
    })
    return found
  }

  /** Where one of the words stands as code, be it as a member name: not in a comment, string or longer word. */
  words(...words: readonly string[]): { readonly word: string; readonly line: number }[] {
    return this.tokens
      .filter((token) => token.kind === 'word' && words.includes(token.text))
      .map((token) => ({ word: token.text, line: token.line }))
  }

  /** Lines on which a bare `Error` is made, with or without `new`. */
  bareErrors(): number[] {
    return this.tokens
      .filter(
        (token, i) => token.kind === 'word' && token.text === 'Error' && this.tokens[i + 1]?.text === '(',
      )
      .map((token) => token.line)
  }

  /** Whether the word at `i` names a member: `x.word`, or `word:` in an object or interface. */
  #isName(i: number): boolean {
    const before = this.tokens[i - 1]
    if (before?.kind === 'punct' && before.text === '.') return true
    const after = this.tokens[i + 1]
    const opens =
      before === undefined || ['{', ',', ';'].includes(before.text) || (this.tokens[i]?.newline ?? false)
    return after?.kind === 'punct' && after.text === ':' && opens
  }

  /** The string of `from '…'` that belongs to the import or export at `i`. */
  #fromClause(i: number): Token | undefined {
    let at = i + 1
    if (this.tokens[at]?.text === 'type') at++
    for (; at < this.tokens.length; at++) {
      const token = this.tokens[at]
      if (token?.kind === 'word' && token.text === 'from' && this.tokens[at + 1]?.kind === 'string')
        return this.tokens[at + 1]
      if (token?.kind === 'punct' && token.text === '{') at = token.partner
      else if (token?.kind === 'punct' && !['*', ','].includes(token.text)) return undefined
      else if (token?.kind !== 'word' && token?.kind !== 'punct') return undefined
      else if (
        ['const', 'function', 'class', 'interface', 'default', 'abstract', 'async'].includes(token.text)
      )
        return undefined
    }
    return undefined
  }

  /** The string that stands alone, or first of several arguments, in the parenthesis at `open`. */
  #onlyString(open: number): string | undefined {
    const token = this.tokens[open + 1]
    const after = this.tokens[open + 2]?.text
    const plain = token?.kind === 'string' || token?.kind === 'template'
    return plain && (after === ')' || after === ',') ? token.text : undefined
  }

  /** The function whose parameters stand in the parenthesis at `open`, if it is one and has a body. */
  #functionAt(open: number): FunctionFound | undefined {
    const close = this.tokens[open]?.partner ?? open
    const typed = this.tokens[close + 1]?.text === ':' ? this.#typeEnd(close + 2) : close
    const after = this.tokens[typed + 1]
    if (after?.kind !== 'punct' || this.#claimed.has(typed + 1)) return undefined
    const head = this.#beforeTypeParameters(open)
    if (after.text === '=>') {
      const before = this.tokens[head]
      const isAsync = before?.kind === 'word' && before.text === 'async'
      // Behind an operand this is a call, and the colon after it that of a conditional expression.
      if (!isAsync && endsOperand(before) && before?.text !== 'default') return undefined
      this.#claimArrows(close + 1, typed + 1)
      return this.#arrow(isAsync ? head : head + 1, head + 1, typed + 1)
    }
    const name = after.text === '{' && !after.newline ? this.#functionName(head) : undefined
    if (name === undefined) return undefined
    this.#claimArrows(close + 1, typed)
    return this.#made(name, head, after.partner)
  }

  #claimArrows(from: number, to: number): void {
    for (let i = from; i <= to; i++) if (this.tokens[i]?.text === '=>') this.#claimed.add(i)
  }

  #made(name: string, first: number, last: number): FunctionFound {
    const line = this.tokens[first]?.line ?? 0
    return { name, line, lines: (this.tokens[last]?.endLine ?? line) - line + 1 }
  }

  #arrow(first: number, parameters: number, arrow: number): FunctionFound {
    const body = this.tokens[arrow + 1]
    const last = body?.text === '{' && body.kind === 'punct' ? body.partner : this.#expressionEnd(arrow + 1)
    const before = this.tokens[(this.tokens[first]?.text === 'async' ? first : parameters) - 1]
    const target = this.tokens[(this.tokens[first]?.text === 'async' ? first : parameters) - 2]
    const named = before?.kind === 'punct' && ['=', ':'].includes(before.text) && target?.kind === 'word'
    return this.#made(named ? target.text : 'arrow function', first, last)
  }

  /** Index of the token before a parenthesis at `open` and before its type parameters, if it has some. */
  #beforeTypeParameters(open: number): number {
    if (this.tokens[open - 1]?.text !== '>' || this.tokens[open - 1]?.kind !== 'punct') return open - 1
    let depth = 0
    for (let at = open - 1; at >= 0; at--) {
      const token = this.tokens[at]
      if (token?.kind !== 'punct') continue
      if (token.text === '>') depth++
      else if (token.text === '<' && --depth === 0) return at - 1
      else if (token.text === ';') break
      else if (token.partner >= 0 && token.partner < at) at = token.partner
    }
    return open - 1
  }

  /** The name that makes `name(…) {` a function or method; undefined when it is a statement or a class head. */
  #functionName(head: number): string | undefined {
    const token = this.tokens[head]
    const before = this.tokens[head - 1]
    if (
      token === undefined ||
      (before?.kind === 'word' && ['extends', 'implements', 'new'].includes(before.text))
    )
      return undefined
    if (before?.kind === 'punct' && before.text === '.') return undefined
    if (token.kind === 'word') {
      const isStatement = ['if', 'for', 'while', 'switch', 'catch', 'with', 'await'].includes(token.text)
      return isStatement ? undefined : token.text
    }
    if (token.kind === 'string' || token.kind === 'number') return token.text
    if (token.text === '*') return 'function'
    return token.text === ']' ? `[${this.tokens[head - 1]?.text}]` : undefined
  }

  /** Index of the last token of the type that begins at `at`; `at - 1` when there is none. */
  #typeEnd(at: number): number {
    let last = at - 1
    let wanted = true
    for (let i = at; i < this.tokens.length; i++) {
      const token = this.tokens[i]
      if (token === undefined) break
      if (wanted) {
        const end = this.#typeOperandEnd(i)
        if (end === undefined) break
        wanted = isTypePrefix(token)
        last = end
        i = end
      } else if (this.#continuesType(token, last)) {
        const isGroup = token.text === '<' || token.text === '['
        const end = isGroup ? this.#groupEnd(i) : i
        wanted = !isGroup
        if (isGroup) last = end
        i = end
      } else break
    }
    return last
  }

  /** Index of the last token of the type operand at `i`; undefined when none stands there. */
  #typeOperandEnd(i: number): number | undefined {
    const token = this.tokens[i]
    if (token === undefined) return undefined
    if (token.kind === 'template') {
      const substitution = this.tokens[i + 1]
      if (substitution?.text !== '${') return i
      return this.#typeOperandEnd(substitution.partner + 1) ?? substitution.partner
    }
    if (token.kind === 'word') return statementWords.has(token.text) ? undefined : i
    if (token.kind !== 'punct') return token.kind === 'regex' ? undefined : i
    if (['(', '[', '{'].includes(token.text)) return token.partner
    if (token.text === '<') return this.#groupEnd(i)
    return ['-', '|', '&'].includes(token.text) ? i : undefined
  }

  /** Whether the parenthesis at `open` holds the parameters of a function type, and not a type in parentheses. */
  #isParameterList(open: number): boolean {
    const first = this.tokens[open + 1]
    if (first?.text === ')' || first?.text === '...') return true
    const isPattern = first?.text === '{' || first?.text === '['
    if (first?.kind !== 'word' && !isPattern) return false
    const next = this.tokens[isPattern ? first.partner + 1 : open + 2]?.text
    return next !== undefined && [':', ',', '?', '=', ')'].includes(next)
  }

  #continuesType(token: Token, last: number): boolean {
    if (token.kind === 'word') return !token.newline && ['is', 'extends'].includes(token.text)
    if (token.kind !== 'punct') return false
    if (token.text === '=>')
      return this.tokens[last]?.text === ')' && this.#isParameterList(this.tokens[last].partner)
    if (token.text === '[' || token.text === '<') return !token.newline
    return ['.', '|', '&', '?', ':'].includes(token.text)
  }

  /** Index of the bracket that ends the group at `i`; angle brackets are counted, as they have no partner. */
  #groupEnd(i: number): number {
    const opener = this.tokens[i]
    if (opener?.text !== '<') return opener?.partner ?? i
    let depth = 0
    for (let at = i; at < this.tokens.length; at++) {
      const token = this.tokens[at]
      if (token?.kind !== 'punct') continue
      if (token.text === '<') depth++
      else if (token.text === '>' && --depth === 0) return at
      else if (token.partner > at) at = token.partner
    }
    return i
  }

  /** Index of the last token of the expression that begins at `from`. */
  #expressionEnd(from: number): number {
    let at = from
    for (; at < this.tokens.length; at++) {
      const token = this.tokens[at]
      if (token === undefined) break
      if (at > from && token.newline && endsOperand(this.tokens[at - 1]) && !continuesExpression(token)) break
      if (token.kind !== 'punct') continue
      if ([',', ';', ')', ']', '}'].includes(token.text)) break
      if (token.text === '>' && this.#closesTypeArguments(at)) break
      if (token.partner > at) at = token.partner
    }
    return Math.max(at - 1, from)
  }

  /** Whether the `>` at `i` ends type arguments: as formatted, a comparison has a space before it. */
  #closesTypeArguments(i: number): boolean {
    const before = this.tokens[i - 1]
    const length = before?.kind === 'string' ? before.text.length + 2 : (before?.text.length ?? 0)
    return before?.text !== '>' && (before?.start ?? 0) + length === this.tokens[i]?.start
  }
}

const typePrefixes = new Set([
  'keyof',
  'typeof',
  'readonly',
  'unique',
  'infer',
  'asserts',
  'abstract',
  'new',
  '-',
  '|',
  '&',
])

/** Words that cannot stand in a type: a colon before them is that of a case or a conditional expression. */
const statementWords = new Set(
  'await break case const continue delete do for if let return super switch throw try var while yield'.split(
    ' ',
  ),
)

function isTypePrefix(token: Token): boolean {
  return (token.kind === 'word' || token.kind === 'punct') && typePrefixes.has(token.text)
}

function continuesExpression(token: Token): boolean {
  if (token.kind === 'word')
    return ['instanceof', 'in', 'as', 'satisfies', 'extends', 'is'].includes(token.text)
  return (
    token.kind === 'template' ||
    (token.kind === 'punct' && !['{', '++', '--', 'x!', '!'].includes(token.text))
  )
}
