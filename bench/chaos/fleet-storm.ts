import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordedEvent } from '../../src/ledger/event.ts'
import { Fleet } from './fleet.ts'
import { randomOf, type Random } from './random.ts'
import { makeRepository } from './repository.ts'
import type { Shooting, Storm } from './storm.ts'
import { afterwards, contentOf, everyEvent, judge, kindOf, subjectOf, type Verdict } from './verdict.ts'
import { attendRuns, deliver, deliverCommits, newRecord, openRuns, sendEvents } from './work.ts'

const settleMsMax = 180_000

/** When who was shot, by the name that others call it. */
type Shots = { readonly name: string; readonly at: number }[]

export type FleetVerdict = Verdict & {
  /** Kills by what was shot. */
  readonly shots: ReadonlyMap<string, number>
  /** From the kill until the step that it worked on was begun by another. */
  readonly takeoverMs: readonly number[]
}

/** As `storm`, over two servers with a worker each on one PostgreSQL server: each of the five may be shot, also while others are down. */
export async function fleetStorm({
  kills,
  seed,
  say = () => {},
  keep = false,
  external = false,
  pauseMsMax = 3_000,
}: Storm): Promise<FleetVerdict> {
  const folder = await mkdtemp(path.join(tmpdir(), 'threeways-fleet-'))
  const random = randomOf(seed)
  const repository = await makeRepository(path.join(folder, 'repository'))
  const fleet = await Fleet.open(folder, repository.folder, external ? 'installed' : 'own')
  const record = newRecord()
  const shots: Shots = []
  const done = new AbortController()
  const enough = new AbortController()
  try {
    await fleet.begin()
    const working = [attendRuns(fleet, record, done.signal), sendEvents(fleet, record, done.signal)]
    const delivering = deliverCommits(fleet, repository, randomOf(seed + 1), record, enough.signal)
    const shooting = shoot(fleet, { kills, pauseMsMax, say }, random, shots)
    for (const one of [shooting, delivering, ...working]) one.catch(() => {})
    await Promise.race([shooting, delivering, ...working])
    await shooting
    enough.abort()
    await delivering
    const last = await deliver(fleet, repository, await repository.commit(false), record)
    for (const began = Date.now(); openRuns(record).length > 0 && Date.now() - began < settleMsMax;) await sleep(50)
    done.abort()
    await Promise.all(working)
    const restarts = shots.filter(({ name }) => name !== 'database').map(({ at }) => at)
    const events = await everyEvent(fleet)
    const seen = await judge(fleet, repository, record, { last, restarts, kills: shots.length })
    const counts = new Map([...Map.groupBy(shots, ({ name }) => name)].map(([name, all]) => [name, all.length]))
    const faults = [...seen.faults, ...(await afterwards(fleet, seen.ports))]
    return { ...seen, faults, shots: counts, takeoverMs: takeovers(events, shots) }
  } finally {
    enough.abort()
    done.abort()
    await fleet.dispose()
    if (keep) say(`everything is in ${folder}`)
    else await rm(folder, { recursive: true, force: true })
  }
}

async function shoot(fleet: Fleet, { kills, pauseMsMax, say }: Shooting, random: Random, shots: Shots): Promise<void> {
  const down = new Map<string, Promise<void>>()
  while (shots.length < kills) {
    await sleep(random.between(100, pauseMsMax))
    const up = [...fleet.names, ...fleet.workers.map(({ name }) => name)].filter((name) => !down.has(name))
    // All stand still while it is away: shot more often, nothing would be under way to be hit.
    const name = random.chance(0.1) ? 'database' : up[Math.floor(random.next() * up.length)]
    if (name === undefined) continue
    const awayMs = random.chance(0.5) ? random.between(0, 1_000) : random.between(2_500, 6_000)
    shots.push({ name, at: Date.now() })
    say(`${String(shots.length).padStart(3)}  ${name.padEnd(10)} ${name === 'database' ? '' : `away for ${(awayMs / 1000).toFixed(1)} s`}`)
    const back = hit(fleet, name, awayMs).finally(() => down.delete(name))
    back.catch(() => {})
    down.set(name, back)
    if (name === 'database') await back
  }
  await Promise.all(down.values())
}

/** @returns once it is back */
async function hit(fleet: Fleet, name: string, awayMs: number): Promise<void> {
  if (name === 'database') return fleet.killDatabase()
  const worker = fleet.workers.find((one) => one.name === name)
  if (worker !== undefined) {
    await worker.end('SIGKILL')
    await sleep(awayMs)
    return worker.launch()
  }
  const server = fleet.servers[fleet.names.findIndex((one) => one === name)]!
  await server.kill()
  await sleep(awayMs)
  // A service manager starts what ends because its database was just shot.
  for (let tries = 1; ; tries++) {
    await server.launch()
    const failed = await server.untilUp().then(
      () => undefined,
      (error: unknown) => error,
    )
    if (failed === undefined) return
    if (tries === 20) throw failed
    await sleep(500)
  }
}

/** Only of those that did not come back in time for their steps: the next attempt was begun by another. */
function takeovers(events: readonly RecordedEvent[], shots: Shots): readonly number[] {
  const begun = new Map(events.filter((event) => kindOf(event) === 'taskrun.started').map((event) => [subjectOf(event), event]))
  return events.flatMap((event) => {
    if (kindOf(event) !== 'taskrun.finished') return []
    const [, name] = /^"([\w-]+)", which worked on it, fell silent/.exec(String(contentOf(event)['errors'] ?? '')) ?? []
    const [, step, attempt] = /^(.*)\/(\d+)$/.exec(subjectOf(event)) ?? []
    const next = begun.get(`${step}/${Number(attempt) + 1}`)
    const shot = shots.findLast((one) => one.name === name && one.at < Date.parse(event.recordedAt))
    return next && shot ? [Date.parse(next.recordedAt) - shot.at] : []
  })
}
