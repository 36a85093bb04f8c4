// Splits TypeScript source into tokens, for tests that read the sources themselves: strings, comments, templates and
// regular expressions are told apart from code. It knows no grammar beyond what that takes.

export type TokenKind = 'word' | 'number' | 'string' | 'template' | 'regex' | 'punct'

export interface Token {
  readonly kind: TokenKind
  /** As written; a string without its quotes, a template piece without its delimiters. */
  readonly text: string
  readonly start: number
  /** Lines are counted from 1. */
  readonly line: number
  readonly endLine: number
  /** A line break lies between this token and the one before. */
  readonly newline: boolean
  /** Index of the bracket that belongs to this bracket, else -1. */
  partner: number
}

export interface Comment {
  readonly text: string
  readonly line: number
}

export interface Tokenized {
  readonly tokens: readonly Token[]
  readonly comments: readonly Comment[]
  readonly lineCount: number
}

const wordStart = /[\p{ID_Start}$_#@]/u
const wordRest = /[\p{ID_Continue}$\u200c\u200d]/u
const closing: Readonly<Record<string, true>> = { ')': true, ']': true, '}': true }
const compounds = ['=>', '++', '--', '...']

/** Words after which an expression begins, so that `/` opens a regular expression. */
const operatorWords = new Set(
  'await case delete do else extends in instanceof new of return throw typeof void yield'.split(' '),
)

/** Words whose parenthesis is a condition: what follows it is a statement, not the rest of an expression. */
const conditionWords = new Set(['if', 'while', 'for', 'with'])

/** Whether an expression can end with this token. */
export function endsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false
  if (token.kind === 'word') return !operatorWords.has(token.text)
  if (token.kind !== 'punct') return true
  return token.text === '++' || token.text === '--' || token.text === 'x!' || closing[token.text] === true
}

class Tokenizer {
  readonly tokens: Token[] = []
  readonly comments: Comment[] = []
  readonly #source: string
  readonly #open: number[] = []
  #pos = 0
  #line = 1
  #newline = false

  constructor(source: string) {
    this.#source = source
  }

  run(): Tokenized {
    const source = this.#source
    if (source.startsWith('#!')) this.#lineComment()
    while (this.#pos < source.length) this.#next()
    const unclosed = this.#open.at(-1)
    if (unclosed !== undefined) this.#fail(`'${this.tokens[unclosed]?.text}' is never closed`)
    const lines = source.split('\n')
    return {
      tokens: this.tokens,
      comments: this.comments,
      lineCount: lines.length - (lines.at(-1) === '' ? 1 : 0),
    }
  }

  #fail(why: string): never {
    throw new SyntaxError(`line ${this.#line}: ${why}`)
  }

  #next(): void {
    const char = this.#source[this.#pos] ?? ''
    if (char === '\n') {
      this.#line++
      this.#newline = true
      this.#pos++
    } else if (/\s/.test(char)) this.#pos++
    else if (this.#source.startsWith('//', this.#pos)) this.#lineComment()
    else if (this.#source.startsWith('/*', this.#pos)) this.#blockComment()
    else if (char === "'" || char === '"') this.#string(char)
    else if (char === '`') this.#template()
    else if (char === '/' && this.#regexMayStart()) this.#regex()
    else if (/\d/.test(char) || (char === '.' && /\d/.test(this.#source[this.#pos + 1] ?? ''))) this.#number()
    else if (wordStart.test(this.#code())) this.#word()
    else this.#punct()
  }

  /** The character at the position, whole even when it is beyond the basic plane. */
  #code(): string {
    return String.fromCodePoint(this.#source.codePointAt(this.#pos) ?? 0)
  }

  /** Adds the token that lies between the position and `end`. */
  #add(kind: TokenKind, end: number, text = this.#source.slice(this.#pos, end)): void {
    const line = this.#line
    for (let i = this.#pos; i < end; i++) if (this.#source[i] === '\n') this.#line++
    const token = {
      kind,
      text,
      start: this.#pos,
      line,
      endLine: this.#line,
      newline: this.#newline,
      partner: -1,
    }
    this.tokens.push(token)
    this.#newline = false
    this.#pos = end
  }

  #lineComment(): void {
    const end = this.#source.indexOf('\n', this.#pos)
    const stop = end < 0 ? this.#source.length : end
    this.comments.push({ text: this.#source.slice(this.#pos, stop), line: this.#line })
    this.#pos = stop
  }

  #blockComment(): void {
    const end = this.#source.indexOf('*/', this.#pos + 2)
    if (end < 0) this.#fail('a comment is never closed')
    const text = this.#source.slice(this.#pos, end + 2)
    this.comments.push({ text, line: this.#line })
    const breaks = text.split('\n').length - 1
    this.#line += breaks
    if (breaks > 0) this.#newline = true
    this.#pos = end + 2
  }

  #string(quote: string): void {
    let end = this.#pos + 1
    for (; this.#source[end] !== quote; end++) {
      if (end >= this.#source.length || this.#source[end] === '\n') this.#fail('a string is never closed')
      if (this.#source[end] === '\\') end++
    }
    this.#add('string', end + 1, this.#source.slice(this.#pos + 1, end))
  }

  /** One piece of a template: from its opening backtick, or the `}` of a substitution, to the next `${` or backtick. */
  #template(): void {
    let end = this.#pos + 1
    for (; this.#source[end] !== '`' && !this.#source.startsWith('${', end); end++) {
      if (end >= this.#source.length) this.#fail('a template is never closed')
      if (this.#source[end] === '\\') end++
    }
    const more = this.#source[end] !== '`'
    this.#add('template', more ? end : end + 1, this.#source.slice(this.#pos + 1, end))
    if (!more) return
    this.#open.push(this.tokens.length)
    this.#add('punct', end + 2)
  }

  #regexMayStart(): boolean {
    const previous = this.tokens.at(-1)
    const isProperty = previous?.kind === 'word' && this.tokens.at(-2)?.text === '.'
    if (!isProperty && !endsOperand(previous)) return true
    if (previous?.text !== ')' || previous.kind !== 'punct') return false
    const before = this.tokens[previous.partner - 1]
    return before?.kind === 'word' && conditionWords.has(before.text)
  }

  #regex(): void {
    let inClass = false
    let end = this.#pos + 1
    for (; inClass || this.#source[end] !== '/'; end++) {
      const char = this.#source[end]
      if (char === undefined || char === '\n') this.#fail('a regular expression is never closed')
      if (char === '\\') end++
      else if (char === '[') inClass = true
      else if (char === ']') inClass = false
    }
    end++
    while (wordRest.test(this.#source[end] ?? '')) end++
    this.#add('regex', end)
  }

  #number(): void {
    let end = this.#pos + 1
    for (; /[\w.]/.test(this.#source[end] ?? ''); end++) {
      const exponent =
        /[eE]/.test(this.#source[end] ?? '') && !/^0[xX]/.test(this.#source.slice(this.#pos, this.#pos + 2))
      if (exponent && /[+-]/.test(this.#source[end + 1] ?? '')) end++
    }
    this.#add('number', end)
  }

  #word(): void {
    let end = this.#pos + this.#code().length
    for (;;) {
      const char = String.fromCodePoint(this.#source.codePointAt(end) ?? 0)
      if (!wordRest.test(char)) break
      end += char.length
    }
    this.#add('word', end)
  }

  #punct(): void {
    const source = this.#source
    const compound = compounds.find((text) => source.startsWith(text, this.#pos))
    const text = compound ?? source[this.#pos] ?? ''
    const previous = this.tokens.at(-1)
    const adjacent = this.#pos > 0 && /\S/.test(source[this.#pos - 1] ?? '')
    // A `!` right behind an operand asserts that it is not null: the operand ends with it.
    const asserts = text === '!' && source[this.#pos + 1] !== '=' && adjacent && endsOperand(previous)
    const index = this.tokens.length
    this.#add('punct', this.#pos + text.length, asserts ? 'x!' : text)
    if (text === '(' || text === '[' || text === '{') this.#open.push(index)
    else if (closing[text] === true) this.#close(index, text)
  }

  #close(index: number, text: string): void {
    const opener = this.#open.pop()
    const from = opener === undefined ? undefined : this.tokens[opener]
    const to = this.tokens[index]
    const wanted = { ')': '(', ']': '[', '}': from?.text === '${' ? '${' : '{' }[text]
    if (opener === undefined || from === undefined || to === undefined || from.text !== wanted) {
      this.#fail(`'${text}' closes nothing`)
    }
    from.partner = index
    to.partner = opener
    if (from.text !== '${') return
    // The template goes on where the substitution ends: its next piece begins at this very `}`.
    this.#pos--
    this.#template()
  }
}

/** Splits a source into its tokens and comments. Throws a SyntaxError that names the line when it is malformed. */
export function tokenize(source: string): Tokenized {
  return new Tokenizer(source).run()
}
