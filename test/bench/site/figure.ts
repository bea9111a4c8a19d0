/** One line of the table: what was measured, and how much it may be; without a limit it is told for comparison. */
export interface Figure {
  readonly what: string
  readonly measured: number
  readonly unit: string
  readonly limit?: number
  /** The measured figure must not be less than the limit, instead of not more. */
  readonly isLeast?: boolean
}

export function isMissed({ measured, limit, isLeast = false }: Figure): boolean {
  if (limit === undefined) return false
  return Number.isNaN(measured) || (isLeast ? measured < limit : measured > limit)
}

export function printFigure(figure: Figure): void {
  const { what, measured, unit, limit, isLeast } = figure
  const verdict = limit === undefined ? '' : `${isLeast ? '>=' : '<='} ${limit}`
  const cells = [what.padEnd(70), rounded(measured).padStart(9), unit.padEnd(7), verdict.padStart(9)]
  console.log(`${cells.join(' ')}${isMissed(figure) ? '  MISSED' : ''}`)
}

function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1)
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
