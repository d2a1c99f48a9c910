import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'

const places = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/google-chrome']

/** Undefined when this machine has none. */
export function chromiumPath(): string | undefined {
  return places.find((path) => path !== undefined && existsSync(path))
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/**
 * Makes the page one of somebody who was never here and looks at nothing yet. A new page for each test would be surer of that, and
 * take a second of a processor to start and to read the scripts once more.
 */
export async function anew(page: Page): Promise<void> {
  for (const told of ['console', 'pageerror', 'request', 'response', 'dialog']) page.removeAllListeners(told)
  // A text, as what is typed here knows of no browser.
  if (page.url().startsWith('http')) await page.evaluate('localStorage.clear(), sessionStorage.clear()')
  await page.goto('about:blank')
  await page.context().clearCookies()
  await page.emulateMedia({ colorScheme: null })
  await page.setViewportSize({ width: 1280, height: 800 })
}
