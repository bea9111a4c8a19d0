import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findProgram } from '../programs.ts'

/* Debian's Chromium, driven by tests. */

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findProgram('chromium')!, args: ARGUMENTS })
}

/**
 * Visits the site at `url` with a fresh profile. What goes wrong is collected, a sentence each: what the console says, breaches of
 * the policy, scripts that fail, requests that fail or leave the site, answers with a status of failure.
 */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
  look: (page: Page, complaints: string[]) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options)
  try {
    const page = await context.newPage()
    const complaints: string[] = []
    const complain = (what: string) => complaints.push(`${page.url()}: ${what}`)
    page.on('console', (message) => complain(message.text()))
    page.on('pageerror', (error) => complain(error.message))
    page.on('dialog', async (dialog) => {
      complain(`a dialog: ${dialog.message()}`)
      // It may be gone with its page.
      await dialog.dismiss().catch(() => {})
    })
    page.on('popup', (popup) => complain(`a window: ${popup.url()}`))
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText
      // Going on to the next page gives up what the one before still asked for; a download is no page.
      if (why !== 'net::ERR_ABORTED') complain(`${request.url()}: ${why}`)
    })
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url)) complain(`asks ${request.url()}`)
    })
    page.on('response', (response) => {
      const isPage = response.request().isNavigationRequest()
      if (response.status() >= 400 && !isPage) complain(`${response.url()} is answered ${response.status()}`)
    })
    await look(page, complaints)
  } finally {
    await context.close()
  }
}
