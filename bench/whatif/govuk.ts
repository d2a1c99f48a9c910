import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import type { Deployed } from '../../src/flow/measures/environments.ts'
import type { Switched } from '../../src/flow/measures/gates.ts'

export type BenchStream = { readonly stream: string; readonly deployments: readonly Deployed[]; readonly gates: readonly Switched[] }

/** The table of deployments and gate switches of GOV.UK, as docs/maps/govuk-deployments.yaml has it, without a ledger. */
export async function readGovuk(file: string): Promise<readonly BenchStream[]> {
  const lines = gunzipSync(await readFile(file))
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
  const streams = new Map<string, { stream: string; deployments: Deployed[]; gates: Switched[] }>()
  for (const line of lines) {
    const [time, environment, service, version, , into, onwards, by] = line.split(',')
    const own = streams.get(service!) ?? { stream: service!, deployments: [], gates: [] }
    streams.set(service!, own)
    const at = Number(time) * 1000
    if (version) own.deployments.push({ environment: environment!, at, version })
    for (const [way, told] of [
      ['into', into],
      ['onwards', onwards],
    ] as const)
      if (told === 'true' || told === 'false') own.gates.push({ environment: environment!, way, at, open: told === 'true', by: by ?? null })
  }
  const byTime = <T extends { at: number }>(rows: T[]) => rows.sort((a, b) => a.at - b.at)
  return [...streams.values()].map((one) => ({ ...one, deployments: byTime(one.deployments), gates: byTime(one.gates) }))
}
