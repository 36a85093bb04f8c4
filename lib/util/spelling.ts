// What was meant by a name that is not known: one that differs in case or underscores alone, as in other languages, or in
// very few letters.

/** So many letters may be wrong. */
const MOST_CHANGES = 2

/** The known name that comes nearest; undefined when none is near. */
export function meantBy(name: string, known: readonly string[]): string | undefined {
  const plain = plainly(name)
  const most = Math.min(MOST_CHANGES, plain.length >> 1)
  let nearest: string | undefined
  let fewest = most + 1
  for (const candidate of known) {
    const changes = changesBetween(plain, plainly(candidate))
    if (changes >= fewest) continue
    fewest = changes
    nearest = candidate
  }
  return nearest
}

/** For the middle of an error: `, did you mean "x"?`, or nothing. */
export function suggestion(name: string, known: readonly string[]): string {
  const meant = meantBy(name, known)
  return meant === undefined ? '' : `, did you mean "${meant}"?`
}

function plainly(name: string): string {
  return name.replaceAll('_', '').toLowerCase()
}

/** Letters to put in, leave out or replace on the way from one to the other. */
function changesBetween(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 0; i < a.length; i++) {
    const row = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const replaced = (above[j] as number) + (a[i] === b[j] ? 0 : 1)
      row.push(Math.min(replaced, (above[j + 1] as number) + 1, (row[j] as number) + 1))
    }
    above = row
  }
  return above[b.length] as number
}
