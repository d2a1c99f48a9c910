/** The same rows through Threeways: imported as anybody would, and asked over HTTP. */
import path from 'node:path'
import type { z } from 'zod'
import { run } from '../../src/kernel/process.ts'
import type { KeysBoard, StreamKeysDetail } from '../../src/flow/measures/keys/schemas.ts'
import type { StreamFlowDetail } from '../../src/flow/measures/schemas.ts'
import { startServer } from '../../src/server/serve.ts'
import { percentile } from '../ledger/percentile.ts'
import type { SharedHistory } from '../git/shared.ts'

const program = path.join(import.meta.dirname, '../../bin/threeways.mjs')
const map = path.join(import.meta.dirname, '../../docs/maps/govuk-deployments.yaml')

export type Place = { readonly home: string; readonly databaseUrl: string }
/** `ms` is the median; `firstMs` was the first time, which works out what the others find in memory. */
export type Asked<T> = { readonly value: T; readonly ms: number; readonly firstMs: number }
export type Ours = {
  keys(): Promise<Asked<KeysBoard>>
  keysOf(service: string): Promise<Asked<StreamKeysDetail>>
  flowOf(service: string): Promise<Asked<z.infer<typeof StreamFlowDetail>>>
  close(): Promise<void>
}

/** @returns how long it took, milliseconds */
export async function importAll({ table, repositories }: SharedHistory, { home, databaseUrl }: Place): Promise<number> {
  const began = performance.now()
  const threeways = async (...args: string[]) => {
    const env = { ...process.env, DATABASE_URL: databaseUrl }
    const ran = await run(process.execPath, [program, 'import', ...args, '--home', home], { env, timeoutMs: 600_000 })
    if (ran.code !== 0) throw new Error(ran.stderr)
  }
  await threeways('csv', table, '--map', map, '--skip-bad')
  for (const [service, folder] of repositories) await threeways('git', folder, '--repository', `alphagov/${service}`)
  return performance.now() - began
}

/** @param times - how often each question is asked after the first time */
export async function serveOurs({ home, databaseUrl }: Place, window: string, times: number): Promise<Ours> {
  const server = await startServer({ home, host: '127.0.0.1', port: 0, anyPort: false, databaseUrl, repository: undefined, log: () => {} })
  const ask = async <T>(place: string): Promise<Asked<T>> => {
    const took: number[] = []
    for (let time = 0; ; time++) {
      const began = performance.now()
      const response = await fetch(`${server.url}${place}`)
      if (!response.ok) throw new Error(await response.text())
      const value = (await response.json()) as T
      took.push(performance.now() - began)
      if (time === times) return { value, ms: percentile(took.slice(1), 50), firstMs: took[0]! }
    }
  }
  return {
    keys: () => ask(`/api/keys?${window}`),
    keysOf: (service) => ask(`/api/keys/${service}?${window}&rows=true`),
    flowOf: (service) => ask(`/api/flow/${service}?${window}&rows=true`),
    close: () => server.close(),
  }
}
