import { posix } from 'node:path'

/** As the templates write them. */
const LINK = /\s(?:href|src)="([^"]*)"/g

/**
 * The files of the site that a page links to, below the root: `networks/index.html` for `../networks/`. Other sites' are left out. `root`: the
 * path of the site below its host.
 */
export function linkedFiles(address: string, html: string, root = '/'): string[] {
  const directory = address.slice(0, address.lastIndexOf('/') + 1)
  const links = new Set(Array.from(html.matchAll(LINK), ([, href]) => href!))
  return [...links].flatMap((escaped) => {
    const href = escaped.replaceAll('&amp;', '&')
    if (OTHER_SITE.test(href)) return []
    const [path] = href.split(/[?#]/, 1) as [string]
    const isWhole = path.startsWith('/')
    if (isWhole && !path.startsWith(root)) return []
    const below = isWhole ? ['/', path.slice(root.length)] : ['/', directory, path]
    const file = path === '' ? address : posix.join(...below.map(decodeURIComponent)).slice(1)
    return [file === '' || file.endsWith('/') ? `${file}index.html` : file]
  })
}
/** `https:`, `mailto:`, `//host`. */
const OTHER_SITE = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i

/** Why a text is no JSON; `null` when it is. */
export function jsonMistake(text: string | Uint8Array): string | null {
  try {
    JSON.parse(typeof text === 'string' ? text : Buffer.from(text.buffer, text.byteOffset, text.length).toString())
    return null
  } catch (error) {
    return (error as Error).message
  }
}
