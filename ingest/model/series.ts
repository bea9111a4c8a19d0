import type { Counter } from './counter.ts'
import type { Direction } from './direction.ts'
import type { Measure } from './measure.ts'
import type { Flaw } from './quality.ts'
import type { StepName } from './time.ts'

/** Cells over one stretch of time at one resolution. Every array has `length` entries, one a point. */
export interface Series {
  readonly step: StepName
  /** Unix seconds of the start of the first point. */
  readonly from: number
  readonly length: number
  /** Seconds of each point for which there was a flow file. 0: nobody measured, and every value is unknown, not zero. */
  readonly known: readonly number[]
  /** Flows with a flaw in each point, in the slots of their files; a flaw that none had is absent. 0 also where a collector does not say. */
  readonly quality: ReadonlyMap<Flaw, readonly Counter[]>
  readonly cells: ReadonlyMap<string, CellSeries>
  /** By what flows were counted (`countedKey` of a part's `counted`): seconds of each point with such a flow file. */
  readonly counted: ReadonlyMap<string, readonly number[]>
}

/** Cells for whoever looks at one after the other, point by point, however they are held. */
export interface SeriesCells {
  get(name: string): CellColumns | undefined
  keys(): IterableIterator<string>
}

/** As `CellSeries`. */
export type CellColumns = { readonly [D in Direction]?: DirectionColumns }

export interface DirectionColumns {
  readonly sum: { readonly [M in Measure]: ArrayLike<Counter> }
  readonly max: { readonly [M in Measure]: ArrayLike<Counter> }
}

/** A direction that saw nothing in the whole stretch is absent: its values are 0 where `known`. */
export type CellSeries = { readonly [D in Direction]?: DirectionSeries }

export interface DirectionSeries {
  /** Counted in each point. */
  readonly sum: { readonly [M in Measure]: readonly Counter[] }
  /** The greatest five-minute value within each point; at 5 minutes the same arrays as `sum`. */
  readonly max: { readonly [M in Measure]: readonly Counter[] }
}
