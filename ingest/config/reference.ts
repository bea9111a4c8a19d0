import * as z from 'zod'
import { schema } from './schema.ts'

/** What CUFlow's directives became. `key` is a key of the config, or what to do without one. */
const CUFLOW: readonly (readonly [directive: string, key: string, difference: string])[] = [
  [
    'Subnet',
    '`subnets`',
    'IPv6 too; short forms such as `192.168.2/24` are read; flows within and past it are counted.',
  ],
  ['Network', '`networks`', 'The label is the key; a network also has services and protocols.'],
  ['Router', '`routers`', 'The alias is the key; several addresses may be one router.'],
  ['SampleRate', '`routers.*.sampleRate`', "Octets and packets are multiplied; flows only with `compat: 'cuflow'`."],
  ['Service', '`services`', "A flow counts once, not by both ports; `compat: 'cuflow'` counts as before."],
  ['Protocol', '`protocols`', 'Several numbers may be one member.'],
  ['TOS', '`tos`', 'Each flow has one class: the first that fits.'],
  ['ASNumber', '`asNumbers`', 'Ranges and 32-bit numbers may be written.'],
  ['Multicast', 'nothing to write', 'Multicast is always a member of the protocols.'],
  ['OutputDir', '`data`, `site.dir`', 'What is stored and what is published lie apart.'],
  ['Scoreboard', '`scoreboard.top`', 'Pages and archive lie in `site.dir`; nothing else to name.'],
  ['AggregateScore', '`aggregateScore`', 'The totals of a span of days; a single burst no longer wins.'],
]

/** The part of JSON Schema that the config's schema comes out as, and `written`: what may be written, where that is said apart. */
interface Node {
  readonly type?: string
  readonly description?: string
  readonly written?: string
  readonly default?: unknown
  readonly properties?: { readonly [key: string]: Node }
  readonly additionalProperties?: Node | false
  readonly required?: readonly string[]
  readonly anyOf?: readonly Node[]
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

/** The reference of the config in Markdown, made from its schema: `README.md` beside this file. */
export function describeConfig(): string {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node
  return `${[
    INTRODUCTION,
    '## Keys',
    table(['key', 'what may be written', 'default', 'meaning'], describeKeys(root, '')),
    '## Members',
    MEMBERS,
    table(['in', 'value', 'what may be written', 'further keys'], describeMembers(root)),
    '## Events',
    EVENTS,
    '## From CUFlow',
    table(['CUFlow', 'flowscan', 'what differs'], CUFLOW),
  ].join('\n\n')}\n`
}

const INTRODUCTION = `# The config

<!-- Made from schema.ts by reference.ts. To bring it up to date: npx vitest run test/config/reference.test.ts -u -->

One file describes your network and where things lie: \`flowscan.config.ts\` (or the same in JavaScript or JSON) in the working
directory, or the one that \`--config\` names. Directories in it are relative to it. Only \`subnets\` must be written.

\`\`\`ts
import { defineConfig } from 'flowscan'

export default defineConfig({
  subnets: ['192.0.2.0/24', '2001:db8::/32'],
  networks: { library: '192.0.2.0/26', servers: ['192.0.2.64/26', '2001:db8:5::/48'] },
  services: { web: '80/tcp,443/tcp,443/udp', dns: 'domain' },
  flows: { dir: '/var/netflow' },
})
\`\`\`

\`flowscan check\` reads it and tells every mistake at once, each with its key, what was found and what was expected. A config with
a mistake is refused whole (exit code 78).`

const EVENTS = `The file that \`site.events\` names is plain text, a line per event: a time, then what people read; or two times with a dash between them
for what took its time. Each event is a numbered rule on the charts that cover it, and a line below them.

\`\`\`
# What happened when. Times are of site.timeZone unless they say otherwise.
2026-11-23 16:35 Power failure in the machine room
2026-11-23 22:00 - 2026-11-24 02:00 New firmware on the border routers
2026-11-24 08:00 - 09:30 Line to the provider cut
2026-11-25T14:00Z Peering with the research network begins
2026-12-24 - 2027-01-06 Holidays
\`\`\`

A date alone is all of its day. In the hour that clocks show twice, a time is the first of the two. A line that cannot be read is told with its
number by \`flowscan check\`, by every build and on the page of quality; the others count. Labels have at most 200 characters, the file a megabyte.`

const MEMBERS = `A member is a part of the traffic that you want to see by name. What no member fits is counted as \`other\`, so nothing is lost.
Both forms say the same; the short one is the value alone:

\`\`\`ts
services: {
  dns: '53/udp,53/tcp',
  web: { label: 'World Wide Web', color: '#3366cc', ports: ['80/tcp', 'https'] },
}
\`\`\`

Where several values may stand, write them in one text with commas or as a list. The key is the member's name in web addresses and in what is
stored: small letters, digits and dashes are kept, anything else becomes a dash. Choose it once; say in \`label\` what people read. Keys must stay
different, and \`other\` and \`total\` are taken.

Every long form may have \`label\` (what people read; the key when absent), \`color\` (\`#rrggbb\`, the same on every chart; from the palette when
absent) and \`formerly\` (ids that it had before: what was stored under them is shown as its own). So a key can be changed without losing
history: \`networks: { 'main-library': { prefixes: '192.0.2.0/26', formerly: 'library' } }\`. No member of today may have such an id. Members of \`services\`, \`protocols\`, \`tos\`, \`asNumbers\` and \`routers\` do not overlap: where two fit, the first counts. Networks may
overlap.`

/** A row for each key; the keys of a section follow it as `section.key`. */
function describeKeys(node: Node, path: string): string[][] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const name = `${path}${key}`
    const one = child.anyOf?.find(({ properties }) => properties !== undefined)
    if (one !== undefined)
      return [
        [code(name), 'a section, or a list of them', '', child.description ?? ''],
        ...describeKeys(one, `${name}.`),
      ]
    const named = isMembers(child) ? (child.additionalProperties as Node) : undefined
    if (named?.properties !== undefined)
      return [[code(name), 'sections by name', '', child.description ?? ''], ...describeKeys(named, `${name}.*.`)]
    if (child.properties !== undefined)
      return [[code(name), 'a section', '', child.description ?? ''], ...describeKeys(child, `${name}.`)]
    const isRequired = node.required?.includes(key) === true
    return [[code(name), written(child), describeDefault(child, isRequired), child.description ?? '']]
  })
}

function describeMembers(root: Node): string[][] {
  return Object.entries(root.properties ?? {})
    .filter(([, node]) => isMembers(node))
    .map(([section, node]) => {
      const long = longForm(node)
      const value = long.required![0]!
      const further = Object.entries(long.properties!).filter(
        ([key]) => ![value, 'label', 'color', 'formerly'].includes(key),
      )
      const keys = further.map(
        ([key, node]) =>
          `${code(key)}: ${written(node)}; ${describeDefault(node, false)} when absent. ${node.description}`,
      )
      return [code(section), code(value), written(long.properties![value]!), keys.join('<br>')]
    })
}

function isMembers({ additionalProperties }: Node): boolean {
  return typeof additionalProperties === 'object'
}

function longForm({ additionalProperties }: Node): Node {
  return (additionalProperties as Node).anyOf!.find(({ properties }) => properties !== undefined)!
}

/** What may be written, as the schema limits it. */
function written(node: Node): string {
  if (node.written !== undefined) return node.written
  if (isMembers(node)) return `members, each with its ${code(longForm(node).required![0]!)}`
  if (node.enum !== undefined) return node.enum.map(literal).join(' or ')
  switch (node.type) {
    case 'integer':
      return `a whole number, ${limits(node)}`
    case 'number':
      return `a number, ${limits(node)}`
    case 'boolean':
      return '`true` or `false`'
    default:
      return node.maxLength === undefined ? 'text' : `text of at most ${node.maxLength} characters`
  }
}

function limits({ minimum, maximum }: Node): string {
  const hasMost = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  return hasMost ? `${minimum} to ${maximum.toLocaleString('en-US')}` : `${minimum} or more`
}

function describeDefault(node: Node, isRequired: boolean): string {
  if (isRequired) return 'must be written'
  if (node.default === undefined || isMembers(node)) return '–'
  return Array.isArray(node.default) ? node.default.map((item) => literal(item)).join(', ') : literal(node.default)
}

function literal(value: unknown): string {
  return code(JSON.stringify(value).replaceAll('"', "'").replaceAll("','", "', '"))
}

function code(text: string): string {
  return `\`${text}\``
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}
