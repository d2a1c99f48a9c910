import { join } from 'node:path'
import { chromiumPath, launch } from './browser.ts'

/**
 * The pictures of flow in docs/page.md, from a running server that has the history of GOV.UK (`threeways import csv
 * govuk-deployments.csv.gz --map docs/maps/govuk-deployments.yaml --skip-bad`):
 *
 *     node dev/screenshots-flow.ts <its address> [a token that may record events]
 *
 * With a token it records made-up incidents of one service first, for the picture of recovery.
 */
const [url = 'http://127.0.0.1:7333', token] = process.argv.slice(2)
const folder = join(import.meta.dirname, '../../docs/page')
const browser = await launch(chromiumPath()!)
// The weeks before the gate into its production was opened for good.
await take('flow', '/flow?days=365', 720)
await take('flow-stream', '/flow/search-admin?days=90&asOf=2024-04-15', 1230)
if (token !== undefined) {
  await makeUpIncidents('finder-frontend', token)
  await take('flow-recovery', '/flow/finder-frontend/recovery?days=365', 1100)
}
await browser.close()

async function take(name: string, path: string, height: number): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1280, height }, colorScheme: 'light' })
  await page.goto(`${url}${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.getByText('Rework rate').or(page.getByText('Where the time went')).first().waitFor()
  await page.waitForTimeout(1500)
  await page.screenshot({ path: join(folder, `${name}.png`) })
  await page.close()
}

/** One of every sixteenth deployment: seen sooner or later, over some time after the next one. */
async function makeUpIncidents(stream: string, bearer: string): Promise<void> {
  const picture = await fetch(`${url}/api/flow/${stream}/picture?days=365`)
  const { deployments } = (await picture.json()) as { deployments: { at: string; version: string }[] }
  const minute = 60_000
  const told = deployments.toReversed().flatMap(({ at, version }, n, all) => {
    const next = all[n + 1]
    if (n % 16 !== 8 || next === undefined) return []
    const detected = Date.parse(at) + (4 + ((n * 7) % 50)) * minute
    const resolved = Math.max(detected, Date.parse(next.at)) + (9 + ((n * 11) % 70)) * minute
    const incident = { id: `INC-${n}`, version, stream }
    // The newest is not over.
    const over = n + 16 < all.length ? [cdevent('resolved', resolved, incident)] : []
    return [cdevent('detected', detected, incident), ...over]
  })
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/cloudevents-batch+json' }
  const { status } = await fetch(`${url}/api/events`, { method: 'POST', headers, body: JSON.stringify(told) })
  if (status >= 300) throw new Error(`the incidents were not recorded: ${status}`)
}

type Incident = { readonly id: string; readonly version: string; readonly stream: string }

/** As CDEvents has it, in an envelope of CloudEvents. */
function cdevent(phase: 'detected' | 'resolved', at: number, { id: incident, version, stream }: Incident): object {
  const [type, time, id, source] = [`dev.cdevents.incident.${phase}.0.3.0`, new Date(at).toISOString(), `${incident} ${phase}`, '/made-up']
  const content = { description: 'made up', environment: { id: `${stream}/production` }, service: { id: stream } }
  const data = {
    context: { specversion: '0.5.1', id, source, type, timestamp: time },
    subject: { id: incident, content },
    customData: { stream, environment: 'production', version },
    customDataContentType: 'application/json',
  }
  return { specversion: '1.0', id, source, type, subject: incident, time, datacontenttype: 'application/json', data }
}
