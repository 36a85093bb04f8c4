// The code blocks of a Markdown page. One whose fence names a file (```ts samples/send-one.ts) holds that file's text;
// the others that are TypeScript are made into modules, so that they can be compiled.

const fence = /^```(\S*) ?(.*)$/

/** Every code block of a page: language, named file, text, and the line (from 0) that its text begins at. */
export function codeBlocks(page) {
  const blocks = []
  let open
  for (const [index, line] of page.split('\n').entries()) {
    if (open === undefined) {
      const found = fence.exec(line)
      if (found) open = { language: found[1], file: found[2], line: index + 1, lines: [] }
    } else if (line === '```') {
      const { lines, ...block } = open
      blocks.push({ ...block, text: lines.map((one) => `${one}\n`).join('') })
      open = undefined
    } else {
      open.lines.push(line)
    }
  }
  if (open !== undefined) throw new Error(`the code block at line ${open.line} does not end`)
  return blocks
}

/** The page with the blocks that name a file holding what `read` gives for it. */
export function withFiles(page, read) {
  const lines = page.split('\n')
  for (const { file, line, text } of codeBlocks(page).reverse()) {
    if (file === '') continue
    const old = text.split('\n').length - 1
    lines.splice(line, old, ...read(file).trimEnd().split('\n'))
  }
  return lines.join('\n')
}

const imported = /^import (?:type )?\{([^}]*)\} from '([^']+)'$/gm

/**
 * The TypeScript of a page as modules, each with the line that it begins at. Its lines are numbered as in the page. What
 * an earlier block has imported need not be imported again, as it is for who reads the page from the top.
 */
export function modulesOf(page) {
  const known = new Map()
  const modules = []
  for (const { language, line, text } of codeBlocks(page)) {
    if (language !== 'ts') continue
    const own = namesIn(text)
    const borrowed = [...known].filter(([name]) => !own.has(name) && new RegExp(`\\b${name}\\b`).test(text))
    const imports = borrowed.map(([name, from]) => `import { ${name} } from '${from}'\n`)
    modules.push({ line: line + 1, text: `${'\n'.repeat(line)}${text}export {}\n${imports.join('')}` })
    for (const [name, from] of own) known.set(name, from)
  }
  return modules
}

/** The names that a block imports, and where from. */
function namesIn(text) {
  const names = new Map()
  for (const [, list, from] of text.matchAll(imported)) {
    for (const name of list.split(',')) if (name.trim() !== '') names.set(name.trim(), from)
  }
  return names
}
