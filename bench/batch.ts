/**
 * Whether larger batches fail more often, on two public estates:
 *
 *     node bench/batch.ts
 *
 * - GOV.UK: deployments to production, size in versions; failing is that a deployment was undone by going back, by probability
 * - Wikimedia: weekly trains, size in patches; failing is that the train was rolled back
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { oddsByBatch, type BatchOdds } from '../src/flow/measures/batch/odds.ts'
import { batchesView } from '../src/flow/measures/keys/board.ts'
import { FlowQuery } from '../src/flow/measures/schemas.ts'
import { dataFolder, readGovuk } from './delivery-history/past.ts'

const past = await readGovuk()
if (past !== undefined) {
  // Before the second quarter of 2023 production ran elsewhere.
  const query = FlowQuery.parse({ since: '2023-07-01T00:00:00Z', to: 'production' })
  const { rows, trend } = batchesView(past, { incidents: [], failed: [] }, query, Date.now())
  print('GOV.UK, versions a deployment', rows as unknown as BatchOdds['buckets'], trend ?? undefined)
}

const file = path.join(process.env['THREEWAYS_DATA'] ?? dataFolder, 'wikimedia-trains.csv')
if (existsSync(file)) {
  const [head, ...lines] = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  const [patches, rollbacks] = ['patches', 'rollbacks'].map((name) => head!.indexOf(name)) as [number, number]
  const trains = lines.map((line) => ({ size: Number(line[patches]), failed: Number(line[rollbacks]) > 0 ? 1 : 0 }))
  const { buckets, trend } = oddsByBatch(trains.filter(({ size }) => size > 0))
  print('Wikimedia, patches a train', buckets, trend)
} else {
  console.log(`there is no ${file}; THREEWAYS_DATA names another folder`)
}

function print(title: string, buckets: BatchOdds['buckets'], trend: BatchOdds['trend']): void {
  console.log(`\n${title}`)
  for (const { from, to, deployments, failed, share, low, high, odds } of buckets) {
    const against = odds ? `odds ${odds.ratio.toFixed(2)} (${odds.low.toFixed(2)} to ${odds.high.toFixed(2)})` : ''
    const limits = `${(low * 100).toFixed(2)} to ${(high * 100).toFixed(2)}`
    console.log(
      `${`${from} to ${to}`.padStart(12)}  ${String(deployments).padStart(6)}  failed ${failed.toFixed(1).padStart(6)}  ${(share * 100).toFixed(2).padStart(6)} % (${limits})  ${against}`,
    )
  }
  console.log(trend === undefined ? 'no trend can be told' : `trend z ${trend.z.toFixed(2)}, p ${trend.p.toPrecision(2)}`)
}
