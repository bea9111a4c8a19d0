import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { linkedFiles } from '../../site/validate.ts'

/** What visitors asked for, and what they got that nobody ever should. */
export interface Visits {
  pages: number
  /** Style sheets, scripts, pictures. */
  assets: number
  /** CSV, JSON and all other files that pages link to. */
  files: number
  /** Of all of these: answered 304, sent packed. */
  known: number
  packed: number
  bytes: number
  /** Answers that were not 200 (or 304 to who knew it), by status. */
  readonly refused: { [status: string]: number }
  /** Shorter or longer than was said, cut off, or a page without its end. */
  truncated: number
  /** Pages one of whose links, taken at once, led nowhere. */
  mixed: number
  /** The first of the faults, in words. */
  readonly told: string[]
}

export function noVisits(): Visits {
  return {
    ...{ pages: 0, assets: 0, files: 0, known: 0, packed: 0, bytes: 0, refused: {}, truncated: 0, mixed: 0 },
    told: [],
  }
}

/** How many of a page's links are followed at once, besides its assets. */
const FOLLOWED = 6
const TOLD = 20
/** Between two pages, so that the publisher comes to its turn. */
const THOUGHT_MS = 20

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** All that was announced has come. */
  readonly isWhole: boolean
}

export interface Visitor {
  readonly takesPacked: boolean
  /** Has a browser's cache, and asks whether what it knows is still so. */
  readonly remembers: boolean
}

/**
 * A visitor who goes from page to page by their links from `url` (the root of a site) on until `isOver`, loads what each
 * page needs, looks at some of what it links to, and counts.
 */
export async function visit(
  url: string,
  { takesPacked, remembers }: Visitor,
  visits: Visits,
  isOver: () => boolean,
): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  const cache = new Map<string, Answer>()
  let random = takesPacked ? 1 : 2
  const below = (n: number) => {
    random = (random * 48_271) % 0x7fff_ffff
    return random % n
  }
  let next = 'index.html'
  while (!isOver()) {
    const page = await get(next)
    visits.pages++
    if (page === null) {
      next = 'index.html'
      continue
    }
    const links = linkedFiles(addressOf(next), page)
    const assets = links.filter((file) => file.startsWith('assets/'))
    const others = links.filter((file) => !file.startsWith('assets/'))
    const chosen = others.length === 0 ? [] : Array.from({ length: FOLLOWED }, () => others[below(others.length)]!)
    visits.assets += assets.length
    visits.files += chosen.length
    const missing: string[] = []
    for (const file of new Set([...assets, ...chosen])) if ((await get(file)) === null) missing.push(file)
    if (missing.length > 0) {
      visits.mixed++
      tell(`${next} links to ${missing.join(', ')}`)
    }
    await wait(THOUGHT_MS)
    const pages = others.filter((file) => file.endsWith('.html'))
    next = pages.length === 0 || below(20) === 0 ? 'index.html' : pages[below(pages.length)]!
  }
  agent.destroy()

  /** The text of a file; `null`, and counted, when something is wrong with it. */
  async function get(file: string): Promise<string | null> {
    const path = addressOf(file)
    const known = cache.get(path)
    const answer = await ask(
      agent,
      url + path,
      takesPacked,
      known?.headers.etag === undefined ? {} : { 'if-none-match': known.headers.etag },
    )
    visits.bytes += answer.body.length
    if (answer.status === 304 && known !== undefined) {
      visits.known++
      return known.body.toString()
    }
    if (answer.status !== 200) {
      visits.refused[answer.status] = (visits.refused[answer.status] ?? 0) + 1
      tell(`/${path}: ${answer.status}`)
      return null
    }
    const text = unpack(answer)
    if (text === null || (file.endsWith('.html') && !text.trimEnd().endsWith('</html>'))) {
      visits.truncated++
      tell(`/${path}: ${answer.body.length} of ${answer.headers['content-length']} bytes, without its end`)
      return null
    }
    if (answer.headers['content-encoding'] === 'gzip') visits.packed++
    if (remembers) cache.set(path, { ...answer, body: Buffer.from(text) })
    return text
  }

  function tell(what: string): void {
    if (visits.told.length < TOLD) visits.told.push(what)
  }
}

/** As people come to it: `networks/` for `networks/index.html`. */
function addressOf(file: string): string {
  return file.replace(/(^|\/)index\.html$/, '$1')
}

/** `null`: it is not whole. */
function unpack({ headers, body, isWhole }: Answer): string | null {
  if (!isWhole || (headers['content-length'] !== undefined && Number(headers['content-length']) !== body.length))
    return null
  try {
    return (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString()
  } catch {
    return null
  }
}

/** Never rejects: who is cut off has got an answer that is not whole, who gets none at all one of status 0. */
function ask(agent: Agent, url: string, takesPacked: boolean, known: { 'if-none-match'?: string }): Promise<Answer> {
  const headers = { ...known, ...(takesPacked ? { 'accept-encoding': 'gzip' } : {}) }
  return new Promise((resolve) => {
    const asked = request(url, { agent, headers }, (response) => {
      const chunks: Buffer[] = []
      const answer = (isWhole: boolean) =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks), isWhole })
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => answer(response.complete))
      response.on('error', () => answer(false))
    })
    asked.on('error', () => resolve({ status: 0, headers: {}, body: Buffer.alloc(0), isWhole: false })).end()
  })
}
