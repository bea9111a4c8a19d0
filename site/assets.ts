import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { themeCss } from './charts/theme.ts'
import { assetAddress } from './links.ts'
import type { NewFile } from './write.ts'

/** The addresses of what every page needs, with the hash of its content. */
export interface Assets {
  readonly css: string
  /** For paper alone. */
  readonly printCss: string
  /** By the name of a template: what only its pages need. */
  readonly pageCss: { readonly [template: string]: string }
  readonly script: string
  /** What makes charts interactive, and the explorer: fetched by `script` when it is wanted. */
  readonly client: string
  readonly icon: string
  /** For home screens, which want a picture of points. */
  readonly touchIcon: string
  /** Stands for a page where somebody shares its address. */
  readonly card: string
}

/**
 * Reads the assets of the templates and what `npm run build` made of `client/`. `files`: where they lie below the root of the
 * site. `more`: names of assets beside the shipped ones; style sheets among them become part of the one.
 */
export function readAssets(templates: string, more: readonly string[] = []): { assets: Assets; files: NewFile[] } {
  const read = (name: string) => readFileSync(join(templates, 'assets', name), 'utf8')
  const css = [themeCss(), ...styleSheets(readdirSync(join(templates, 'assets'))).map(read)].map(squeeze).join('\n')
  const pageCss = PAGE_SHEETS.map((name) => [name, squeeze(read(name))] as const)
  const texts = {
    css: ['site.css', css],
    printCss: [PRINT_SHEET, squeeze(read(PRINT_SHEET))],
    script: ['site.js', read('site.js')],
    client: ['client.js', readClient()],
    icon: ['icon.svg', read('icon.svg')],
    touchIcon: ['icon-180.png', readFileSync(join(templates, 'assets/icon-180.png'))],
    card: ['card.png', readFileSync(join(templates, 'assets/card.png'))],
  } as const
  const others = more
    .filter((name) => !name.endsWith('.css'))
    .map((name) => [name, readFileSync(join(templates, 'assets', name))] as const)
  const address = ([name, text]: readonly [string, string | Uint8Array]) =>
    assetAddress(name, hashOfContent(text).slice(0, 10))
  return {
    assets: {
      css: address(texts.css),
      printCss: address(texts.printCss),
      pageCss: Object.fromEntries(pageCss.map((each) => [each[0].replace('.css', ''), address(each)])),
      script: address(texts.script),
      client: address(texts.client),
      icon: address(texts.icon),
      touchIcon: address(texts.touchIcon),
      card: address(texts.card),
    },
    files: [...Object.values(texts), ...pageCss, ...others].map(([name, text]) => ({ path: `assets/${name}`, text })),
  }
}

/** What `npm run build` made of `client/`; it lies beside the compiled code. */
function readClient(): string {
  const code = dirname(fileURLToPath(import.meta.url))
  const path = [join(code, 'client/main.js'), join(code, '../dist/site/client/main.js')].find((each) =>
    existsSync(each),
  )
  if (path === undefined) throw new Error('site/client is not bundled: call npm run build')
  return readFileSync(path, 'utf8')
}

/** Rules of equal weight overrule those before them: what components build upon comes first; components stand in any order. */
const FIRST_SHEETS = ['tokens.css', 'base.css', 'frame.css', 'page.css', 'tables.css', 'charts.css']
const PRINT_SHEET = 'print.css'
/** Named like the template whose pages alone need them, so that others weigh less. Not for pages of the archive, which know but the one. */
const PAGE_SHEETS = ['about', 'calendar', 'dimension', 'explore', 'matrix', 'overview', 'quality'].map(
  (name) => `${name}.css`,
)

/** The style sheets among the names of assets that every page needs, in the order in which they become one. */
export function styleSheets(names: readonly string[]): string[] {
  const sheets = names.filter((name) => name.endsWith('.css'))
  const others = [...FIRST_SHEETS, ...PAGE_SHEETS, PRINT_SHEET]
  const components = sheets.filter((name) => !others.includes(name)).sort()
  return [...FIRST_SHEETS.filter((name) => sheets.includes(name)), ...components]
}

/** A style sheet without its comments and the blanks that mean nothing; strings stay as they are. */
export function squeeze(css: string): string {
  return css.replace(TOKENS, (_, string, end, mark, colon) => string ?? end ?? mark ?? colon ?? ' ')
}
const BLANK = '(?:\\s|/\\*[\\s\\S]*?\\*/)'
const TOKENS = new RegExp(
  `("[^"]*")|(?:${BLANK}*;)?${BLANK}*(})${BLANK}*|${BLANK}*([{;,>])${BLANK}*|(:)${BLANK}+|${BLANK}+`,
  'g',
)

/** A hash over every file of directories, so that a change of code or templates renders every page anew. */
export function hashOfFiles(...directories: readonly string[]): string {
  const hash = createHash('sha256')
  for (const directory of directories) {
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort())
      hash.update(readFileSync(entry)).update('\0')
  }
  return hash.digest('hex')
}

export function hashOfContent(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
