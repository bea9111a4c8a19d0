import type { StepName } from '../../ingest/model/time.ts'

/** `data/catalog.json`, as far as the explorer reads it; site/README.md has the whole. */
export interface Catalog {
  readonly schema: number
  readonly title: string
  readonly timeZone: string
  /** Unix seconds: end of the newest slot; `null`: nothing is stored. */
  readonly end: number | null
  /** The first UTC day whose slots have scoreboards; absent: none has. */
  readonly boards?: string
  readonly dimensions: readonly CatalogDimension[]
  /** As they are stored: the first dimension's member comes first in a cell's name. */
  readonly pairs: readonly (readonly [string, string])[]
  readonly resolutions: { readonly [S in StepName]?: Resolution }
  /** By their times, unix seconds. */
  readonly events?: readonly { readonly at: number; readonly to?: number; readonly label: string }[]
}

export interface CatalogDimension {
  readonly name: string
  readonly plural: string
  readonly title: string
  readonly singular: string
  /** Members do not add up to the total. */
  readonly overlap: boolean
  readonly members: readonly CatalogMember[]
}

export interface CatalogMember {
  readonly id: string
  readonly label: string
  readonly color: string
}

export interface Resolution {
  readonly step: number
  readonly window: 'day' | 'month' | 'year'
  /** By UTC day, month or year: the hash in its address. */
  readonly windows: { readonly [window: string]: string }
}

export function dimensionOf({ dimensions }: Catalog, name: string | null): CatalogDimension | undefined {
  return dimensions.find((dimension) => dimension.name === name)
}

/** The dimension and the member of `network/library`; of `total`, and of what the catalog does not know, none. */
export function memberOf(catalog: Catalog, cell: string): { of: CatalogDimension; member: CatalogMember } | undefined {
  const [name, id] = cell.split('/')
  const of = dimensionOf(catalog, name!)
  const member = of?.members.find((each) => each.id === id)
  return of === undefined || member === undefined ? undefined : { of, member }
}

/** By what a cell can be divided: everything by any dimension, a member by those that it is kept together with. */
export function divisionsOf(catalog: Catalog, cell: string): CatalogDimension[] {
  const { dimensions, pairs } = catalog
  const divided = memberOf(catalog, cell)?.of.name
  if (divided === undefined) return [...dimensions]
  const partners = pairs.filter((pair) => pair.includes(divided)).map(([a, b]) => (a === divided ? b : a))
  return dimensions.filter(({ name }) => partners.includes(name))
}

/** The cell of `of` that is in a member of a dimension: `service/https`, `network/library,service/https`. */
export function partOf({ pairs }: Catalog, of: string, dimension: string, id: string): string {
  const own = `${dimension}/${id}`
  if (!of.includes('/')) return own
  const [divided] = of.split('/')
  return pairs.some(([a, b]) => a === divided && b === dimension) ? `${of},${own}` : `${own},${of}`
}

/** The group of chunks that a cell is in: `total`, `service`, `network,service`. */
export function groupOf(cell: string): string {
  return cell
    .split(',')
    .map((membership) => membership.split('/')[0])
    .join()
}
