import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sharedDatabase } from './database.ts'
import { randomOf, type Random } from './random.ts'
import { makeRepository } from './repository.ts'
import { Target } from './target.ts'
import { afterwards, judge, type Verdict } from './verdict.ts'
import { attendRuns, deliver, deliverCommits, newRecord, openRuns, sendEvents } from './work.ts'

export type Storm = {
  /** At least so many; a kill that comes in pairs is not cut in half. */
  readonly kills: number
  readonly seed: number
  /** From one kill to the next, at most. @defaultValue 3_000 */
  readonly pauseMsMax?: number
  /** Told of each kill. */
  readonly say?: (line: string) => void
  /** Its folder stays, to be looked at. */
  readonly keep?: boolean
  /** Not on a database of our own making, but on the PostgreSQL that the system brought. */
  readonly external?: boolean
}

const kinds = ['server', 'server and database', 'server twice', 'database', 'power cut'] as const
type Kind = (typeof kinds)[number]
const settleMsMax = 120_000

/** Delivers to a server of its own while killing it, then asks whether anything was lost or done twice. */
export async function storm({ kills, seed, say = () => {}, keep = false, external = false, pauseMsMax = 3_000 }: Storm): Promise<Verdict> {
  const folder = await mkdtemp(path.join(tmpdir(), 'threeways-chaos-'))
  const random = randomOf(seed)
  const repository = await makeRepository(path.join(folder, 'repository'))
  // Beside the folder, in which everything belongs to the server.
  const databaseFolder = path.join(tmpdir(), `threeways-database-${path.basename(folder).slice(-6)}`)
  const database = external ? await sharedDatabase(path.join(databaseFolder, 'data'), 'installed') : undefined
  const target = new Target(folder, repository.folder, database)
  const record = newRecord()
  const restarts: number[] = []
  const done = new AbortController()
  const enough = new AbortController()
  try {
    await target.launch()
    await target.untilUp()
    const working = [attendRuns(target, record, done.signal), sendEvents(target, record, done.signal)]
    const delivering = deliverCommits(target, repository, randomOf(seed + 1), record, enough.signal)
    const shooting = shoot(target, { kills, pauseMsMax, say }, random, restarts)
    // The first that fails ends the others, whose failures are then of no interest.
    for (const one of [shooting, delivering, ...working]) one.catch(() => {})
    await Promise.race([shooting, delivering, ...working])
    const shot = await shooting
    enough.abort()
    await delivering
    const last = await deliver(target, repository, await repository.commit(false), record)
    for (const began = Date.now(); openRuns(record).length > 0 && Date.now() - began < settleMsMax;) await sleep(50)
    done.abort()
    await Promise.all(working)
    const seen = await judge(target, repository, record, { last, restarts, kills: shot })
    return { ...seen, faults: [...seen.faults, ...(await afterwards(target, seen.ports))] }
  } finally {
    enough.abort()
    done.abort()
    await target.dispose()
    await database?.dispose()
    if (keep) say(`everything is in ${folder}`)
    else for (const place of [folder, databaseFolder]) await rm(place, { recursive: true, force: true })
  }
}

export type Shooting = Required<Pick<Storm, 'kills' | 'pauseMsMax' | 'say'>>

async function shoot(target: Target, { kills, pauseMsMax, say }: Shooting, random: Random, restarts: number[]): Promise<number> {
  let shot = 0
  while (shot < kills) {
    await sleep(random.between(100, pauseMsMax))
    const kind = kindOf(random.next())
    const began = Date.now()
    if (kind !== 'database') restarts.push(began)
    shot += await hit(target, kind, random)
    say(`${String(shot).padStart(3)}  ${kind.padEnd(20)} back after ${((Date.now() - began) / 1000).toFixed(1)} s`)
  }
  return shot
}

const kindOf = (chance: number): Kind => kinds[[0.5, 0.65, 0.8, 0.9, 1].findIndex((limit) => chance < limit)]!

/** @returns how many kills it took; the server answers again */
async function hit(target: Target, kind: Kind, random: Random): Promise<number> {
  if (kind === 'database') {
    await target.killDatabase()
    await target.untilHealthy()
    return 1
  }
  if (kind === 'server and database' && random.chance(0.5)) await target.killDatabase()
  await target.kill()
  if (kind === 'server and database') await target.killDatabase()
  if (kind === 'power cut') {
    await target.killEverything()
    await target.killDatabase()
  }
  await target.launch()
  if (kind === 'server twice') {
    await sleep(random.between(0, 1_500))
    await target.kill()
    await target.launch()
  }
  await target.untilUp()
  return kind === 'server twice' ? 2 : 1
}
