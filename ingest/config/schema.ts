import * as z from 'zod'
import { OTHER, TOTAL } from '../model/cell.ts'
import { mistakeInLabel } from '../model/text.ts'
import {
  idOf,
  isTimeZone,
  type Parsed,
  parseAddressValue,
  parsePorts,
  parsePrefixValue,
  parseProtocol,
  parseRange,
} from './values.ts'

/*
 * The one description of the config: what may be written, what it becomes, what each key means. The types, the
 * checks and README.md (`reference.ts`) all come from here. After parsing everything is present and numeric.
 */

/** What is printed as it stands. */
const words = z
  .string()
  .min(1)
  .max(200)
  .superRefine((text, context) => {
    const mistake = mistakeInLabel(text)
    if (mistake !== null) context.addIssue({ code: 'custom', message: mistake })
  })
const label = words.describe('What people read; the key when absent.')
const color = z
  .string()
  .regex(/^#[0-9a-fA-F]{6}$/, 'expected a color such as #3366cc')
  .describe('Fixed color on every chart; from the palette when absent.')

/** Ids that a member had before: what is stored under them is shown as its own. */
const formerly = z
  .union([z.string(), z.array(z.string())], 'expected an id, or a list of ids')
  .default([])
  .transform((given) => (Array.isArray(given) ? given : [given]).map(idOf) as readonly string[])
  .meta({ written: 'an id, or a list of ids' })
  .describe('Ids it had before.')

/** An age such as `400d` or `3y` (of 366 days), in days; `forever` is infinite. */
function age(standard: string, least: number) {
  return z
    .string()
    .regex(/^(\d{1,6}[dy]|forever)$/, "expected an age such as '400d' or '3y', or 'forever'")
    .transform((text) => (text === 'forever' ? Infinity : parseInt(text, 10) * (text.endsWith('y') ? 366 : 1)))
    .refine((days) => days >= least, `expected at least ${least}d`)
    .meta({ written: `an age such as \`'400d'\` or \`'3y'\`, or \`'forever'\`` })
    .prefault(standard)
}

/** One item or several: a string with commas, a number, or a list of these. */
const item = z.union([z.string(), z.number()], 'expected text or a number')
const items = (written: string) => z.union([item, z.array(item)], `expected ${written}`)

/** Reads a comma list or an array with `parse`; every mistake becomes an issue of its own. `written`: what may stand there. */
function list<T>(parse: (text: string) => Parsed<T>, written: string) {
  return items(written)
    .transform((given, context) => {
      const texts = (Array.isArray(given) ? given : [given]).flatMap((item) => String(item).split(','))
      if (texts.length === 0) context.addIssue({ code: 'custom', message: 'expected at least one', input: given })
      const values: T[] = []
      for (const text of texts) {
        const parsed = parse(text.trim())
        if ('value' in parsed) values.push(parsed.value)
        else context.addIssue({ code: 'custom', message: parsed.mistake, input: text })
      }
      return values as readonly T[]
    })
    .meta({ written })
}

/** Members by key: either the value alone, or an object that adds label, color, formerly and `more` keys (all with defaults). Ids must differ. */
function members<
  K extends string,
  T extends z.ZodType<unknown, string | number | (string | number)[]>,
  F extends z.ZodRawShape,
>(field: K, value: T, more: F) {
  type Entry = { id: string; label: string; color: string | undefined; formerly: readonly string[] } & {
    [Name in K]: z.output<T>
  } & {
    [Name in keyof F]: z.output<F[Name]>
  }
  type Written = { label?: string; color?: string; formerly?: string | string[] } & { [Name in K]: z.input<T> } & {
    [Name in keyof F]?: z.input<F[Name]>
  }
  const full = z.strictObject({
    label: label.optional(),
    color: color.optional(),
    formerly,
    [field]: value,
    ...more,
  }) as unknown as z.ZodType<object, Written>
  // The short form is the long one without its optional keys; zod cannot follow a computed key, so its types are told.
  const short = items(field)
    .transform((given) => ({ [field]: given }) as never)
    .pipe(full as unknown as z.ZodType<object, never>)
  const entry = z.union([full, short], `expected its ${field}, or an object with ${field}`)
  return z
    .record(z.string().min(1).max(200), entry)
    .superRefine(checkKeys, { when: ({ value }) => typeof value === 'object' && value !== null })
    .transform(
      (entries) =>
        Object.entries(entries).map(([key, given]) => ({
          label: key,
          color: undefined,
          ...(given as object),
          id: idOf(key),
        })) as unknown as readonly Entry[],
    )
}

/** Also when a member itself is wrong: all mistakes are told at once. */
function checkKeys(entries: object, context: z.RefinementCtx): void {
  const taken = new Map<string, string>()
  for (const key of Object.keys(entries)) {
    const id = idOf(key)
    const mistake = mistakeInKey(key, id, taken)
    if (mistake === null) taken.set(id, key)
    else context.addIssue({ code: 'custom', message: mistake, path: [key] })
  }
  checkFormerIds(entries, taken, context)
}

/** What is stored under an id belongs to one member: to that which has it today, or else to the one that had it. */
function checkFormerIds(entries: object, live: ReadonlyMap<string, string>, context: z.RefinementCtx): void {
  const claimed = new Map<string, string>()
  for (const [key, entry] of Object.entries(entries)) {
    // Of a member with another mistake it is what was written, whatever that is.
    const former: unknown = (entry as { formerly?: unknown } | null | undefined)?.formerly
    for (const id of Array.isArray(former) ? former.map(String) : []) {
      const mistake = mistakeInFormerId(id, live, claimed)
      if (mistake === null) claimed.set(id, key)
      else context.addIssue({ code: 'custom', message: mistake, path: [key, 'formerly'] })
    }
  }
}

function mistakeInFormerId(
  id: string,
  live: ReadonlyMap<string, string>,
  claimed: ReadonlyMap<string, string>,
): string | null {
  if (id === '' || id === OTHER || id === TOTAL) return `${JSON.stringify(id)} was never the id of a member`
  if (live.has(id))
    return `${id} is the id of ${JSON.stringify(live.get(id))}; only an id that no member has can be named`
  if (claimed.has(id))
    return `${id} is named by ${JSON.stringify(claimed.get(id))}, too; only one member can have had it`
  return null
}

function mistakeInKey(key: string, id: string, taken: ReadonlyMap<string, string>): string | null {
  const quoted = JSON.stringify(key)
  if (id === '') return `${quoted} holds no letter or digit of a-z, 0-9; choose another key and put this into label`
  const unfit = mistakeInLabel(key)
  if (unfit !== null) return `${quoted} ${unfit}`
  if (id === OTHER || id === TOTAL) return `${quoted} is the reserved name ${id}; choose another key`
  return taken.has(id)
    ? `${quoted} gives the same id, ${id}, as ${JSON.stringify(taken.get(id))}; choose another key`
    : null
}

const prefixes = list(parsePrefixValue, 'hosts and prefixes: 192.0.2.0/24, 192.0.2/24, 192.0.2.7, 2001:db8::/32')
const ports = list(
  parsePorts,
  'ports with protocol: 80/tcp, 20-21/tcp, 53/udp, or IANA service names: https, domain/udp',
).transform((found) => found.flat())
const protocolNumbers = list(parseProtocol, 'IP protocols by number or name: 6, tcp, gre')
const tosRanges = list((text) => parseRange(text, 255, 'TOS value'), 'values of the whole TOS byte, 0 to 255: 0, 1-63')
const asRanges = list(
  (text) => parseRange(text.replace(/\bAS(?=\d)/gi, ''), 4_294_967_295, 'AS number'),
  'AS numbers, 16 or 32 bit: 64500, 64512-65534',
)
const routerAddresses = list(parseAddressValue, 'addresses the exporter sends from: 192.0.2.1, 2001:db8::1')

/** The dimensions a pair may be made of. */
export const PAIR_DIMENSIONS = ['router', 'network', 'service', 'protocol', 'tos', 'as'] as const
const DEFAULT_PAIRS: [PairDimension, PairDimension][] = [
  ['router', 'service'],
  ['router', 'protocol'],
  ['router', 'tos'],
  ['router', 'as'],
  ['router', 'network'],
  ['network', 'service'],
  ['network', 'protocol'],
]
type PairDimension = (typeof PAIR_DIMENSIONS)[number]

const directory = z
  .string()
  .min(1, 'expected a directory')
  .meta({ written: 'a directory, absolute or relative to the config' })

/** Where flow files come from: one collector. */
const source = z.strictObject({
  source: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'expected 1 to 32 of a-z, 0-9 and -')
    .default('flows')
    .meta({ written: '1 to 32 of a-z, 0-9 and -' })
    .describe('Name of this collector; parts of several collectors add up.'),
  dir: directory
    .default('flows')
    .describe(
      'Where the collector puts completed flow files; searched with its subdirectories, however it nests them.',
    ),
  pattern: z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return undefined
      try {
        return new RegExp(text)
      } catch (error) {
        context.addIssue({
          code: 'custom',
          message: `${JSON.stringify(text)} is not a regular expression: ${(error as Error).message}`,
          input: text,
        })
        return z.NEVER
      }
    })
    .meta({ written: 'a regular expression' })
    .describe(
      'What a file name must match, instead of the names that flow-capture and nfcapd give. (FlowScan: FlowFileGlob)',
    ),
  saved: z
    .union([directory, z.literal(false)], 'expected a directory or false')
    .optional()
    .meta({ written: 'a directory, or `false`' })
    .describe(
      "Where an ingested flow file is moved: 'saved', or in a list of sources 'saved/' and its name, when absent; false leaves it where it is. Nothing is ever deleted.",
    ),
  settleSeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(15)
    .describe('A file changed more recently than this is left for the next run.'),
  maxBytes: z.int().min(1).default(17_179_869_184).describe('A larger file is set aside unread.'),
  allowUids: z
    .array(z.int().min(0).max(4_294_967_295))
    .optional()
    .meta({ written: 'a list of user ids' })
    .describe("Users whose files are read, by number; others' are left alone. Anybody's when absent."),
})

/** One collector, or a list of them; always a list when parsed. */
const flows = z
  .union([source, z.array(source).min(1)], 'expected a section, or a list of them')
  .prefault({})
  .transform((given) => {
    const sources = Array.isArray(given) ? given : [given]
    return sources.map((each) => ({
      ...each,
      saved: each.saved ?? (Array.isArray(given) ? `saved/${each.source}` : 'saved'),
    }))
  })
  .superRefine((sources, context) => {
    const names = new Set<string>()
    for (const [at, { source }] of sources.entries()) {
      const message = `${JSON.stringify(source)} is the name of two sources; give each a name of its own`
      if (names.has(source)) context.addIssue({ code: 'custom', message, path: [at, 'source'] })
      names.add(source)
    }
  })
  .describe('The flow files: one section, or a list of them for several collectors.')

/** Where a site lies below its host. */
const path = z
  .string()
  .regex(/^\/([\w.~-]+\/)*$/, "expected a path with slashes at both ends, such as '/flows/'")
  .default('/')
  .meta({ written: 'a path with slashes at both ends' })

/** A second site from the same data, for people who are not to see everything. What it hides is the default. */
const edition = z.strictObject({
  dir: directory.describe('Where it goes: a site like the one in `site.dir`; point a web server at `current` in it.'),
  mirror: directory.optional().describe('A plain directory that it is written into as well: see `site.mirror`.'),
  path: path.describe('Where it lies below its host: see `site.path`.'),
  title: z.string().min(1).max(200).optional().describe("Its title; the site's when absent."),
  hosts: z
    .enum(['masked', 'dropped'])
    .default('masked')
    .describe(
      "'masked' shows an IPv4 host as its /24 and an IPv6 host as its /48, and adds up those that fall together; no prefix is told more exactly. 'dropped' shows no address and no prefix at all, so there are no scoreboards either.",
    ),
  names: z
    .enum(['kept', 'dropped'])
    .default('kept')
    .describe(
      "'dropped' calls networks and routers Network 1, Router 1, … in the order of this config, and does not tell their prefixes. Add new ones at the end then, for addresses of pages follow.",
    ),
  boards: z.boolean().default(true).describe('Are there scoreboards and their archive?'),
  quality: z
    .boolean()
    .default(false)
    .describe('Is there the page of quality? It tells what is missing or in doubt, of no file, exporter or alarm.'),
})

const editions = z
  .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'expected a name of 1 to 32 of a-z, 0-9 and -'), edition)
  .default({})
  .describe('Further sites of the same data that hide hosts, by names of your own. Every build makes all of them.')

export const schema = z
  .strictObject({
    organization: words.default('Our network').describe('Whose traffic this is: the title of the site.'),
    subnets: prefixes.describe('Everything that is ours. Decides the direction of every flow. (CUFlow: Subnet)'),
    networks: members('prefixes', prefixes, {})
      .default([])
      .describe('Parts of our network that get pages of their own; they may overlap. (CUFlow: Network)'),
    services: members('ports', ports, {})
      .default([])
      .describe('Services by port. The destination port decides, else the source port. (CUFlow: Service)'),
    protocols: members('numbers', protocolNumbers, {}).default([]).describe('IP protocols. (CUFlow: Protocol)'),
    tos: members('values', tosRanges, {})
      .default([])
      .describe('Classes of the TOS byte; the first that fits counts. (CUFlow: TOS)'),
    asNumbers: members('numbers', asRanges, {})
      .default([])
      .describe('Autonomous systems at the far end. (CUFlow: ASNumber)'),
    routers: members('addresses', routerAddresses, {
      sampleRate: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(1)
        .describe('1 in how many packets the router samples; raw counters are multiplied by it. (CUFlow: SampleRate)'),
      border: z
        .boolean()
        .default(false)
        .describe('When any router is marked, only flows of marked routers count toward totals, networks and boards.'),
    })
      .default([])
      .describe('The exporters. (CUFlow: Router)'),
    scoreboard: z
      .strictObject({
        top: z.int().min(1).max(1000).default(10).describe('Rows of a list.'),
        keep: z
          .int()
          .min(1)
          .max(100_000)
          .default(100)
          .describe('Hosts that a part keeps by each of the six counters, for boards over longer windows.'),
      })
      .prefault({})
      .describe('The busiest hosts of each slot. (CUFlow: Scoreboard)'),
    aggregateScore: z
      .strictObject({
        top: z.int().min(1).max(1000).default(10).describe('Rows of a list.'),
        days: z.int().min(1).max(366).default(30).describe('How many days back the overall board adds up.'),
      })
      .prefault({})
      .describe('The busiest hosts overall. (CUFlow: AggregateScore)'),
    flows,
    data: directory.default('data').describe('Where flowscan keeps its parts and series.'),
    retention: z
      .strictObject({
        '5m': age('400d', 7).describe('How long five-minute values and the parts they are made of are kept.'),
        '30m': age('3y', 7).describe('How long half-hour values are kept.'),
        '2h': age('10y', 7).describe('How long two-hour values are kept.'),
        '1d': age('forever', 7).describe('How long daily values are kept.'),
        boards: age('400d', 1).describe('How long the scoreboard pages of slots are kept. The boards of days stay.'),
        maxBytes: z
          .int()
          .min(1)
          .optional()
          .describe(
            'When `data` takes more, the oldest five-minute values and parts go before their time; seven days always stay.',
          ),
      })
      .refine((ages) => ages['5m'] <= ages['30m'] && ages['30m'] <= ages['2h'] && ages['2h'] <= ages['1d'], {
        message: 'a coarser resolution must be kept at least as long as a finer one: 5m <= 30m <= 2h <= 1d',
      })
      .prefault({})
      .describe(
        'What fades when. Ages count from the newest slot, never from the clock; flow files are never removed.',
      ),
    timing: z
      .enum(['spread', 'export'])
      .optional()
      .describe(
        "'spread' divides a flow over the slots between its start and end; 'export' counts all of it in its file's slot, as FlowScan did. When absent, 'export' with compat 'cuflow', else 'spread'.",
      ),
    compat: z
      .enum(['none', 'cuflow'])
      .default('none')
      .describe("'cuflow' counts as CUFlow 1.55 did, for comparing during a migration."),
    reports: z
      .strictObject({
        pairs: z
          .array(
            z
              .tuple([z.enum(PAIR_DIMENSIONS), z.enum(PAIR_DIMENSIONS)])
              .refine(([a, b]) => a !== b, 'expected two different dimensions'),
          )
          .default(DEFAULT_PAIRS)
          .meta({ written: `a list of pairs of ${PAIR_DIMENSIONS.map((name) => `\`'${name}'\``).join(', ')}` })
          .describe('Which pairs of dimensions are kept.'),
      })
      .prefault({})
      .describe('What is kept besides the single dimensions.'),
    site: z
      .strictObject({
        dir: directory.default('public').describe('The site: point the web server at `current` in it.'),
        mirror: directory
          .optional()
          .describe(
            'A plain directory that the site is written into as well, file by file, for web space where the link `current` cannot be followed. What else lies in it stays.',
          ),
        path: path.describe(
          "Where the site lies below its host: '/flows/' for https://host/flows/. Pages link to each other wherever they lie; only the one for addresses at which there is nothing must know.",
        ),
        templates: directory
          .optional()
          .describe(
            'Templates and assets of your own: a file there stands for the shipped one of its name. See templates/README.md.',
          ),
        timeZone: z
          .string()
          .default('UTC')
          .refine(isTimeZone, 'expected an IANA time zone such as Europe/Vienna')
          .meta({ written: 'an IANA time zone such as Europe/Vienna' })
          .describe('Zone of labels and day boundaries on pages. Everything stored is UTC.'),
        title: words.optional().describe('Title of the site; organization when absent.'),
        events: z
          .string()
          .min(1)
          .optional()
          .meta({ written: 'a file, absolute or relative to the config' })
          .describe(
            'What happened when: a text file whose lines are a time and a label, `2026-11-23 16:35 Power failure`, drawn on charts. See [Events](#events).',
          ),
        editions,
      })
      .prefault({})
      .describe('The web site.'),
  })
  .transform((config) => ({
    ...config,
    timing: config.timing ?? (config.compat === 'cuflow' ? ('export' as const) : ('spread' as const)),
  }))

/** What a person writes in flowscan.config.ts. */
export type ConfigInput = z.input<typeof schema>
/** The config as everything else sees it: all present, all numeric. Paths are absolute (see `load.ts`). */
export type Config = z.output<typeof schema>
/** What a further site hides: one entry of `site.editions`. */
export type EditionConfig = Config['site']['editions'][string]
/** Where flow files come from: one entry of `flows`. */
export type Source = Config['flows'][number]
