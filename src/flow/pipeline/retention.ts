import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Digest } from '../../kernel/digest.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { pruneArtifacts } from '../candidate/artifact.ts'
import { removeTree } from '../candidate/folders.ts'
import { artifactParcel, pruneParcels, sourceParcel } from './worker/depot.ts'
import type { Workshop } from './execution.ts'
import { promotions } from './projection.ts'
import { tables } from './tables.ts'

/** Runs whose checkout stays, to look into or to run again from a step. */
const checkoutsKept = 10
/** Runs whose logs stay. */
const logsKept = 200
/** Trees that are packed, unpacked or looked into for a moment. What is older was left by a server that was killed. */
const passing = { names: /^(?:arriving|leaving|reading)-/, msMax: 3_600_000 }

/**
 * Removes checkouts, logs and artifacts that nothing needs any more. What runs somewhere, what a rollback could go to and what an
 * open run uses stays. Asked after each run; does nothing while a candidate is being made, because its artifact is there before
 * anything names it.
 */
export async function tidyUp(shop: Workshop): Promise<void> {
  await shop.inTurn('artifacts', async () => {
    const making = await tables(shop.ledger)
      .selectFrom('step')
      .select('name')
      .where('state', '=', 'running')
      .where('name', '=', 'candidate')
      .executeTakeFirst()
    if (making) return
    await removeRuns(path.join(shop.work, 'runs'), await runsToKeep(shop, checkoutsKept))
    await removeRuns(path.join(shop.home, 'runs'), await runsToKeep(shop, logsKept))
    await removePassing(shop.work)
    const artifacts = await artifactsToKeep(shop)
    await pruneArtifacts(path.join(shop.work, 'artifacts'), artifacts)
    await pruneParcels(shop.ledger, new Set([...[...artifacts].map(artifactParcel), ...(await sourcesToKeep(shop))]))
    await pruneLogs(shop)
  })
}

async function runsToKeep({ ledger }: Workshop, latest: number): Promise<ReadonlySet<string>> {
  const open = await tables(ledger).selectFrom('run').select('id').where('finishedAt', 'is', null).execute()
  const recent = await tables(ledger).selectFrom('run').select('id').orderBy('number', 'desc').limit(latest).execute()
  return new Set([...open, ...recent].map(({ id }) => id))
}

async function sourcesToKeep(shop: Workshop): Promise<readonly string[]> {
  const runs = [...(await runsToKeep(shop, checkoutsKept))]
  if (runs.length === 0) return []
  const rows = await tables(shop.ledger).selectFrom('run').select('commit').where('id', 'in', runs).execute()
  return rows.map(({ commit }) => sourceParcel(commit))
}

async function pruneLogs(shop: Workshop): Promise<void> {
  const runs = [...(await runsToKeep(shop, logsKept))]
  if (runs.length > 0) await tables(shop.ledger).deleteFrom('stepLog').where('run', 'not in', runs).execute()
}

async function removeRuns(folder: string, keep: ReadonlySet<string>): Promise<void> {
  const runs = await readdir(folder).catch(() => [])
  for (const run of runs) {
    if (!keep.has(run)) await removeTree(path.join(folder, run))
  }
}

async function removePassing(work: string): Promise<void> {
  for (const name of (await readdir(work)).filter((each) => passing.names.test(each))) {
    const found = await stat(path.join(work, name)).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > passing.msMax) await removeTree(path.join(work, name))
  }
}

async function artifactsToKeep(shop: Workshop): Promise<ReadonlySet<Digest>> {
  const { ledger, provider } = shop
  const runs = [...(await runsToKeep(shop, checkoutsKept))]
  const ofRuns = runs.length === 0 ? [] : await tables(ledger).selectFrom('run').select('candidate').where('id', 'in', runs).execute()
  const verified = await rowsOf(ledger.db, promotions)
    .select(['stream', 'stage', 'candidate'])
    .where('verifiedAt', 'is not', null)
    .orderBy('verifiedAt', 'desc')
    .execute()
  const running = await Promise.all((await provider.list()).map((id) => provider.observe(id)))
  const candidates = [
    ...ofRuns.map(({ candidate }) => candidate),
    ...latestOfEach(verified),
    ...running.flatMap(({ services }) => services.map(({ candidate }) => candidate)),
  ].filter((candidate) => candidate !== null)
  if (candidates.length === 0) return new Set()
  const builds = await tables(ledger)
    .selectFrom('build')
    .select('artifact')
    .where('candidate', 'in', [...new Set(candidates)])
    .execute()
  return new Set(builds.map(({ artifact }) => artifact as Digest))
}

/** Of each stage the last few: a rollback skips those that are held. */
function latestOfEach(verified: readonly { stream: string; stage: string; candidate: string }[]): readonly string[] {
  const seen = new Map<string, number>()
  return verified.flatMap(({ stream, stage, candidate }) => {
    const place = `${stream}/${stage}`
    seen.set(place, (seen.get(place) ?? 0) + 1)
    return seen.get(place)! <= 5 ? [candidate] : []
  })
}
