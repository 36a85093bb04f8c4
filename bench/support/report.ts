// From measurements to the table: medians, ratios of rounds that ran side by side, and what they are worth.

import type { BenchCase, Bound, Row } from './case.js'
import type { Samples } from './runner.js'
import { median } from './stats.js'

export interface Line {
  readonly case: string
  readonly title: string
  readonly unit: string
  readonly amqp1: number
  readonly rhea: number
  /** amqp1 to rhea, median of the rounds. */
  readonly ratio: number
  /** CPU of rhea to that of amqp1 for the same work, where it was measured. */
  readonly cpuRatio: number | undefined
  readonly floor: Bound | undefined
  readonly target: Bound | undefined
  readonly better: Row['better']
  readonly relative: boolean
  readonly verdict: string
}

const THROUGHPUT = new Set(['rate', 'megabytes'])

export function linesOf(benchCase: BenchCase, samples: Samples): Line[] {
  return benchCase.rows.map((row) => {
    const ours = samples.amqp1.map((sample) => Number(sample[row.key]))
    const theirs = samples.rhea.map((sample) => Number(sample[row.key]))
    const line = {
      case: benchCase.name,
      title: row.title,
      unit: row.unit,
      amqp1: median(ours),
      rhea: median(theirs),
      ratio: median(ours.map((value, i) => value / (theirs[i] as number))),
      cpuRatio: THROUGHPUT.has(row.key) ? cpuRatio(samples) : undefined,
      floor: row.floor,
      target: row.target,
      better: row.better,
      relative: row.relative ?? false,
    }
    return { ...line, verdict: verdict(line) }
  })
}

function cpuRatio(samples: Samples): number | undefined {
  const ratios = samples.amqp1.map(({ cpu }, i) => Number(samples.rhea[i]?.['cpu']) / Number(cpu))
  return ratios.some(Number.isNaN) ? undefined : median(ratios)
}

function verdict(line: Omit<Line, 'verdict'>): string {
  const marks: string[] = []
  if (line.target && meets(line, line.target)) marks.push('target met')
  else if (line.floor && meets(line, line.floor)) marks.push('floor met')
  else if (line.target || line.floor) marks.push('NOT MET')
  const worse = line.better === 'higher' ? line.ratio < 0.98 : line.ratio > 1.02
  if (worse && !line.relative) marks.push('WORSE THAN RHEA')
  return marks.join(', ')
}

function meets(line: Omit<Line, 'verdict'>, bound: Bound): boolean {
  const [value, wanted] =
    bound.ratio !== undefined ? [line.ratio, bound.ratio] : [line.amqp1, bound.value ?? 0]
  return line.better === 'higher' ? value >= wanted : value <= wanted
}

/** Three significant digits, thousands and millions by letter. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  if (size >= 999_500) return `${digits(value / 1e6)} M`
  if (size >= 9995) return `${digits(value / 1e3)} k`
  return digits(value)
}

function digits(value: number): string {
  const size = Math.abs(value)
  if (size >= 100) return value.toFixed(0)
  return value.toFixed(size >= 10 ? 1 : 2)
}

function boundText(bound: Bound | undefined, { better, unit }: Line): string {
  if (bound === undefined) return ''
  const sign = better === 'lower' ? '≤ ' : ''
  return bound.ratio !== undefined ? `${sign}${bound.ratio}×` : `${sign}${bound.value} ${unit}`.trim()
}

const HEADS = ['case', 'amqp1', 'rhea', 'unit', 'ratio', 'less CPU', 'floor', 'target', ''] as const
const LEFT = new Set(['case', 'unit', ''])

/** A table of Markdown that can be read as it is. */
export function table(lines: readonly Line[]): string {
  const rows = lines.map((line) => [
    line.title,
    short(line.amqp1),
    short(line.rhea),
    line.unit,
    `${digits(line.ratio)}×`,
    line.cpuRatio === undefined ? '' : `${digits(line.cpuRatio)}×`,
    boundText(line.floor, line),
    boundText(line.target, line),
    line.verdict,
  ])
  const widths = HEADS.map((head, i) =>
    Math.max(3, head.length, ...rows.map((row) => (row[i] as string).length)),
  )
  const render = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (LEFT.has(HEADS[i] as string) ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join(' | ')} |`
  const rule = HEADS.map((head, i) => `${'-'.repeat((widths[i] as number) + 1)}${LEFT.has(head) ? '-' : ':'}`)
  return [render(HEADS), `|${rule.join('|')}|`, ...rows.map(render)].join('\n')
}
