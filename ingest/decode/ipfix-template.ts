/** One field of a template (RFC 7011, 3.2). */
export interface Field {
  /** The information element: its number in IANA's registry, or `REVERSE +` that number, or -1 for elements of enterprises. */
  readonly element: number
  /** In bytes; `VARIABLE`: each record says. */
  readonly length: number
}

export const VARIABLE = 65_535
/** Added to the number of an element that counts the way back (RFC 5103: enterprise 29305). */
export const REVERSE = 65_536
const REVERSE_ENTERPRISE = 29_305
const ENTERPRISE_BIT = 0x8000

/** How the records of a data set are laid out. */
export interface Template {
  readonly fields: readonly Field[]
  /** The least bytes a record takes; exact when no field is variable. */
  readonly leastLength: number
  readonly isVariable: boolean
  /** Records of an options template tell of the exporter, not of a flow. */
  readonly isOptions: boolean
}

/** A template beyond this is none: the longest known have some 60 fields. */
export const MOST_FIELDS = 256

/** Reads the list of `count` fields at `at`; returns it with the place behind, or `null` when it runs past `end` or cannot be true. */
export function readTemplate(
  view: DataView,
  at: number,
  end: number,
  count: number,
  isOptions: boolean,
): { template: Template; next: number } | null {
  if (count > MOST_FIELDS) return null
  const fields: Field[] = []
  let next = at
  for (let n = 0; n < count; n++) {
    if (next + 4 > end) return null
    const id = view.getUint16(next)
    const length = view.getUint16(next + 2)
    next += 4
    if ((id & ENTERPRISE_BIT) === 0) fields.push({ element: id, length })
    else {
      if (next + 4 > end) return null
      const isReverse = view.getUint32(next) === REVERSE_ENTERPRISE
      fields.push({ element: isReverse ? REVERSE + (id & ~ENTERPRISE_BIT) : -1, length })
      next += 4
    }
  }
  const leastLength = fields.reduce((sum, { length }) => sum + (length === VARIABLE ? 1 : length), 0)
  const isVariable = fields.some(({ length }) => length === VARIABLE)
  return leastLength === 0 ? null : { template: { fields, leastLength, isVariable, isOptions }, next }
}

/**
 * Hot. Where each field of the record at `at` lies, into `places`; returns the place behind the record, or -1 when it runs past
 * `end`. A variable field says its length in one byte before it, or in two behind a 255.
 */
export function placeFields({ fields }: Template, view: DataView, at: number, end: number, places: Int32Array): number {
  let next = at
  for (let index = 0; index < fields.length; index++) {
    let own = fields[index]!.length
    if (own === VARIABLE) {
      if (next + 1 > end) return -1
      own = view.getUint8(next++)
      if (own === 255) {
        if (next + 2 > end) return -1
        own = view.getUint16(next)
        next += 2
      }
    }
    places[index] = next
    next += own
  }
  return next > end ? -1 : next
}
