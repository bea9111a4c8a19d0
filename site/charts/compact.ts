/**
 * What Vega drew, in fewer words and the same to the eye: without what only Vega's own tools read, with rules of one look as one path, and
 * with what the marks of a group have in common said by the group. Gzip looks back no more than 32 KB, so a short chart also lies within
 * reach of the next one on its page, which is much like it.
 */
export function compact(svg: string): string {
  return svg
    .replace(/<path class="(?:background|foreground)"[^>]*\/>/g, '')
    .replace(/<path aria-label="([^"]*)"([^>]*)\/>/g, '<path$2><title>$1</title></path>')
    .replace(NEEDLESS, '')
    .replace(/ (?:transform|d)="[^"]*"/g, (numbers) => numbers.replace(/(\.\d{4})\d+/g, '$1'))
    .replace(/translate\([^)]*\)/g, (moved) => moved.replace(/(\.\d\d)\d+/g, '$1'))
    .replace(/(?:<line [^>]*\/>)+/g, joinRules)
    .replace(/<g>((?:<text [^>]*>[^<]*<\/text>)+)<\/g>/g, (_, labels: string) => joinLabels(labels))
    .replace(/<g (id="[^"]*")>(<path .*?)<\/g>/, (_, id: string, paths: string) => joinPaths(id, paths))
}

/** One expression, for each looks at all of a drawing, and a site of thousands has tens of thousands of these. */
const NEEDLESS = new RegExp(
  ` (?:${[
    'class="mark-[^"]*"|role="graphics-[^"]*"|aria-[a-z]+="[^"]*"|opacity="1"',
    'pointer-events="none"|font-family="inherit"|font-weight="400"|transform="translate\\(0,0\\)"',
    'stroke-miterlimit="4"|text-anchor="start"',
  ].join('|')})`,
  'g',
)

const RULE = /<line transform="translate\(([^,]*),([^)]*)\)" x2="([^"]*)" y2="([^"]*)"([^>]*)\/>/g

/** A rule goes across or down. */
function joinRules(rules: string): string {
  const paths = new Map<string, string>()
  for (const [, x, y, across, down, look] of rules.matchAll(RULE))
    paths.set(look!, `${paths.get(look!) ?? ''}M${x} ${y}${across === '0' ? `v${down}` : `h${across}`}`)
  return [...paths].map(([look, path]) => `<path d="${path}"${look}/>`).join('')
}

const LOOK = / (?:font-[a-z]+|fill|text-anchor)="[^"]*"/g

function joinLabels(labels: string): string {
  const tags = labels.match(/<text[^>]*>/g)!
  const common = tags[0]!.match(LOOK)!.filter((each) => tags.every((tag) => tag.includes(each)))
  const own = labels.replace(/<text[^>]*>/g, (tag) =>
    tag
      .replace(LOOK, (each) => (common.includes(each) ? '' : each))
      .replace(/ transform="translate\(([^,]*),([^)]*)\)"/, ' x="$1" y="$2"'),
  )
  return `<g${common.join('')}>${own}</g>`
}

/** All paths of the stack are scaled alike; it matters to those with a stroke that their strokes are not. */
function joinPaths(id: string, paths: string): string {
  const scaled = / transform="[^"]*"/.exec(paths)![0]
  return `<g ${id}${scaled}>${paths.replaceAll(scaled, '').replace(/ vector-effect="[^"]*"(?=[^>]* fill=)/g, '')}</g>`
}
