import { join } from 'node:path'
import { chromiumPath, launch } from './browser.ts'

/**
 * The pictures of flow in docs/page.md, from a running server that has the history of GOV.UK (`threeways import csv
 * govuk-deployments.csv.gz --map docs/maps/govuk-deployments.yaml --skip-bad`):
 *
 *     node dev/screenshots-flow.ts <its address>
 */
const [url = 'http://127.0.0.1:7333'] = process.argv.slice(2)
const folder = join(import.meta.dirname, '../../docs/page')
const browser = await launch(chromiumPath()!)
// The weeks before the gate into its production was opened for good.
await take('flow', '/flow?days=365', 720)
await take('flow-stream', '/flow/search-admin?days=90&asOf=2024-04-15', 1230)
await browser.close()

async function take(name: string, path: string, height: number): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1280, height }, colorScheme: 'light' })
  await page.goto(`${url}${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.getByText('Rework rate').or(page.getByText('instead of')).first().waitFor()
  await page.waitForTimeout(1500)
  await page.screenshot({ path: join(folder, `${name}.png`) })
  await page.close()
}
