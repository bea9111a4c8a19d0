/** As the templates write them. */
const LINK = /\s(?:href|src)="([^"]*)"/g

/** The files of the site that a page links to, below the root: `networks/index.html` for `../networks/`. Other sites' are left out. */
export function linkedFiles(address: string, html: string): string[] {
  const links = new Set(Array.from(html.matchAll(LINK), ([, href]) => href!.replaceAll('&amp;', '&')))
  return [...links].flatMap((href) => {
    const { origin, pathname } = new URL(href, `${ORIGIN}/${address}`)
    if (origin !== ORIGIN) return []
    const path = decodeURIComponent(pathname.slice(1))
    return [path === '' || path.endsWith('/') ? `${path}index.html` : path]
  })
}
const ORIGIN = 'http://site.invalid'

/** Why a text is no JSON; `null` when it is. */
export function jsonMistake(text: string): string | null {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return (error as Error).message
  }
}
