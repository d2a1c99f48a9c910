import { createReadStream, existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createGunzip } from 'node:zlib'
import { readMap } from '../../src/connectors/csv/map.ts'
import { readCsv } from '../../src/connectors/csv/read.ts'
import { orderOf, type Deployed } from '../../src/flow/measures/environments.ts'
import type { Past, PastStream } from '../../src/flow/measures/past.ts'

/** Real delivery history beside the repository; not part of it. */
export const dataFolder = path.join(import.meta.dirname, '../../../shared/data')

/** The deployments of GOV.UK as the measures see them, without a ledger. @returns undefined where the table is not there */
export async function readGovuk(): Promise<Past | undefined> {
  const file = path.join(process.env['THREEWAYS_DATA'] ?? dataFolder, 'govuk-deployments.csv.gz')
  if (!existsSync(file)) {
    console.log(`there is no ${file}: nothing is measured; THREEWAYS_DATA names another folder`)
    return undefined
  }
  return readPast(file)
}

/** The same of a table in a file, packed or not. */
export async function readPast(file: string): Promise<Past> {
  const mapFile = path.join(import.meta.dirname, '../../docs/maps/govuk-deployments.yaml')
  const map = readMap(await readFile(mapFile, 'utf8'), mapFile)
  const read = createReadStream(file)
  const streams = new Map<string, PastStream['deployments'][number][]>()
  const all: Deployed[] = []
  for await (const { told } of readCsv(file.endsWith('.gz') ? read.pipe(createGunzip()) : read, file, map, Date.now())) {
    for (const one of told) {
      if (one.kind !== 'deployment') continue
      const { id, stream, environment, version } = one
      const deployment = { deployment: id, environment, version, at: Date.parse(one.at), back: false, source: '/imports/govuk' }
      const own = streams.get(stream) ?? []
      own.push(deployment)
      streams.set(stream, own)
      all.push({ ...deployment, version: `${stream}@${version}` })
    }
  }
  for (const own of streams.values()) own.sort((a, b) => a.at - b.at)
  all.sort((a, b) => a.at - b.at)
  return {
    streams: new Map([...streams].map(([stream, deployments]) => [stream, { stream, deployments }])),
    order: orderOf(all),
    heard: new Map([['/imports/govuk', all.at(-1)!.at]]),
    gates: new Map(),
  }
}

/** Always the same numbers from 0 to 1 (mulberry32), so that whoever runs it gets what is written. */
export function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
