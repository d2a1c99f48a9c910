/**
 * What every page asks for at each change: all value streams, whole. Each stream has runs that went through three stages, the
 * last of them waits before production; nothing runs in its environments.
 *
 *     node bench/streams.ts [streams] [runs of each]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openThreeways } from '../src/server/compose.ts'
import { openHome } from '../src/server/home.ts'
import { percentile } from './ledger/percentile.ts'
import { exampleDefinition, fillStream } from './streams/fill.ts'

const [streams = 200, runs = 20] = process.argv.slice(2).map(Number)
const asks = 15
const definition = await exampleDefinition()
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
process.env['XDG_DATA_HOME'] = path.join(folder, 'data')
const threeways = await openThreeways({
  home: await openHome(path.join(folder, 'home')),
  repository: undefined,
  anonymous: undefined,
  hosts: undefined,
  parallel: 4,
  work: true,
  log: console.error,
})
try {
  for (let stream = 0; stream < streams; stream++) await fillStream(threeways, { stream: `stream-${stream}`, runs, definition })
  await measure('asked by one page (goal for 200 of 20: 300 ms)', 1)
  await measure('asked by 20 pages at once', 20)
} finally {
  await threeways.close()
  await rm(folder, { recursive: true, force: true })
}

async function measure(what: string, pages: number): Promise<void> {
  const headers = { authorization: `Bearer ${threeways.adminToken}` }
  const ask = async () => (await (await threeways.app.request('/api/streams', { headers })).text()).length
  const times: number[] = []
  let bytes = await ask()
  for (let n = 0; n < asks; n++) {
    const began = performance.now()
    ;[bytes = 0] = await Promise.all(Array.from({ length: pages }, ask))
    times.push(performance.now() - began)
  }
  const figure = `p50 ${percentile(times, 50).toFixed(0)} ms, p99 ${percentile(times, 99).toFixed(0)} ms`
  console.log(`${streams} streams of ${runs} runs, ${what}: ${figure}, ${(bytes / 1e6).toFixed(1)} MB`)
}
