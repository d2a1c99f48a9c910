import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { chromiumPath, launch } from './browser.ts'
import { fixture, fixtureNames } from './fixtures.ts'
import { serveFake } from './serve.ts'

/** Pictures of every situation: `node dev/screenshots.ts <folder> [situation …]`. */
const [folder = 'screenshots', ...wanted] = process.argv.slice(2)
const looks = [
  { name: 'light', width: 1440, height: 900, colorScheme: 'light' },
  { name: 'dark', width: 1440, height: 900, colorScheme: 'dark' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'light' },
] as const

const executable = chromiumPath()
if (executable === undefined) throw new Error('no Chromium here; set CHROMIUM_PATH')
await mkdir(folder, { recursive: true })
const browser = await launch(executable)
const server = await serveFake(join(import.meta.dirname, '../dist'), fixture('fresh', Date.now()))
for (const name of fixtureNames.filter((each) => wanted.length === 0 || wanted.includes(each))) {
  const shown = fixture(name, Date.now())
  server.show(shown)
  const first = shown.runs[0]
  const failed = shown.runs.find((run) => run.state === 'failed') ?? first
  const pages = {
    line: shown.streams.length === 0 ? '/' : `/lines/${shown.streams[0]?.stream}`,
    ...(name === 'many' && { estate: '/' }),
    ...(['many', 'stopped', 'long', 'idle', 'soaking'].includes(name) && {
      approvals: '/approvals',
      stops: '/stops',
      environments: '/environments',
    }),
    ...(name === 'long' && { environment: `/environments/${shown.streams[0]?.stream}/production` }),
    ...(failed && { run: `/runs/${failed.id}` }),
    ...(failed?.candidate && {
      candidate: `/candidates/${failed.candidate}`,
      difference: `/candidates/${failed.candidate}?view=difference`,
    }),
  }
  for (const { name: look, width, height, colorScheme } of looks) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme })
    for (const [what, path] of Object.entries(pages)) {
      if (['run', 'candidate', 'difference'].includes(what) && !['stopped', 'red', 'long', 'soaking'].includes(name)) continue
      await page.goto(`${server.url}${path}#token=fake`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForTimeout(700)
      await page.screenshot({ path: join(folder, `${name}-${what}-${look}.png`), fullPage: what !== 'estate' })
    }
    await page.close()
  }
}
await browser.close()
await server.close()
