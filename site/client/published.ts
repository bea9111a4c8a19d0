import type { CountedJson } from '../../ingest/model/counted.ts'
import type { Direction } from '../../ingest/model/direction.ts'
import type { Measure } from '../../ingest/model/measure.ts'
import { reportAddress } from '../links.ts'
import { type Catalog, groupOf } from './catalog.ts'
import type { MonthStatement } from './month.ts'
import type { Window } from './plan.ts'

/** A window's `index.json.gz`, as far as the explorer reads it; site/data/README.md has the whole. */
export interface WindowIndex {
  readonly from: number
  readonly step: number
  readonly points: number
  /** Seconds measured in each point; 0: nobody did, and every value is unknown. */
  readonly known: readonly number[]
  /** By what flows were counted: see `Series.counted`. */
  readonly counted?: readonly CountedJson[]
  /** By group, the first cell of each of its files. */
  readonly chunks: { readonly [group: string]: readonly string[] }
}

/** A cell as it is published: zeros before `at` and behind the end of a list are left out, beyond 2^53 there are digits. */
export type PublishedCell = { readonly [D in Direction]?: PublishedSeries }

export interface PublishedSeries extends Counted {
  readonly at: number
  /** The greatest five minutes within each point; of points of five minutes there is none. */
  readonly max?: Counted
}

type Counted = { readonly [M in Measure]: readonly (number | string)[] }

/** A window and those of the cells asked for that saw anything in it. */
export interface WindowData {
  readonly index: WindowIndex
  readonly cells: ReadonlyMap<string, PublishedCell>
}

/** What reads published data. */
export interface Source {
  /** The newest, when it is read again. */
  readCatalog(): Promise<Catalog>
  readWindow(window: Window, cells: readonly string[]): Promise<WindowData>
  /** Of a month, `2026-11`: that of the catalog's time. `null`: there is none, or it cannot be read. */
  readStatement(month: string): Promise<MonthStatement | null>
}

/** A file is not there: what named it is of a release long gone. */
export class Gone extends Error {}

/** Fetches bytes; rejects with `Gone` for a 404, with another Error for whatever else goes wrong. */
export type FetchBytes = (address: string, isFresh: boolean) => Promise<ArrayBuffer>

const SCHEMA = 1

/** Everything but the catalog and statements never changes: it is fetched once. `catalog`, `root`: addresses as the page has them. */
export function createSource(catalog: string, root: string, fetchBytes: FetchBytes = fetchFromServer): Source {
  const files = new Map<string, Promise<unknown>>()
  const statements = new Map<string, Promise<MonthStatement | null>>()
  const read = (address: string): Promise<unknown> => {
    const reading = files.get(address) ?? fetchBytes(root + address, false).then(parseBytes)
    files.set(address, reading)
    reading.catch(() => files.delete(address))
    return reading
  }
  return {
    async readCatalog() {
      const read = (await parseBytes(await fetchBytes(catalog, true))) as Catalog
      if (read.schema !== SCHEMA) throw new Error('This page is older than its data: load it again.')
      statements.clear()
      return read
    },
    async readWindow({ address }, cells) {
      const index = (await read(`${address}index.json.gz`)) as WindowIndex
      const names = [...new Set(cells.flatMap((cell) => chunkOf(index, cell) ?? []))]
      const chunks = (await Promise.all(names.map((name) => read(`${address}${name}.json.gz`)))) as Chunk[]
      const all = new Map(chunks.flatMap((chunk) => Object.entries(chunk.cells)))
      return { index, cells: new Map(cells.flatMap((cell) => (all.has(cell) ? [[cell, all.get(cell)!]] : []))) }
    },
    readStatement(month) {
      const fetchStatement = async () =>
        (await parseBytes(await fetchBytes(`${root}${reportAddress(month)}statement.json`, true))) as MonthStatement
      const statement = statements.get(month) ?? fetchStatement().catch(() => null)
      statements.set(month, statement)
      return statement
    },
  }
}

interface Chunk {
  readonly cells: { readonly [cell: string]: PublishedCell }
}

/** The file that holds a cell, if any does: the last of its group that does not begin behind it. */
export function chunkOf({ chunks }: Pick<WindowIndex, 'chunks'>, cell: string): string | undefined {
  const group = groupOf(cell)
  const firsts = Object.hasOwn(chunks, group) ? chunks[group]! : []
  const at = firsts.findLastIndex((first) => first <= cell)
  return at === -1 ? undefined : `${group}-${at}`
}

async function fetchFromServer(address: string, isFresh: boolean): Promise<ArrayBuffer> {
  const response = await fetch(address, { cache: isFresh ? 'no-cache' : 'default' })
  if (response.status === 404) throw new Gone(`${address} is not there`)
  if (!response.ok) throw new Error(`The server answers ${response.status} for ${address}.`)
  return response.arrayBuffer()
}

/** JSON, packed or, where a server has said so and the browser unpacked it, plain. */
export async function parseBytes(bytes: ArrayBuffer): Promise<unknown> {
  const [first, second] = new Uint8Array(bytes)
  if (first !== 0x1f || second !== 0x8b) return JSON.parse(new TextDecoder().decode(bytes))
  const unpacked = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')))
  return unpacked.json()
}
