import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import type { EnvironmentView } from '../../src/flow/environment/schemas.ts'
import type { RecordedEvent } from '../../src/ledger/event.ts'
import { run } from '../../src/kernel/process.ts'
import { stream, type Repository } from './repository.ts'
import { openRuns, type Asked, type Record } from './work.ts'

/** A server, or several with one ledger, as far as they are looked at. */
export type Judged = Asked & {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  readonly repository: string
  environments(): Promise<readonly EnvironmentView[]>
  close(): Promise<number | null>
  processes(): Promise<readonly string[]>
}

export type Verdict = {
  readonly figures: {
    readonly kills: number
    readonly deliveries: number
    readonly delivered: number
    readonly superseded: number
    readonly broken: number
    readonly attended: number
    /** Attempts whose outcome was lost with a kill, so that the step ran again. */
    readonly repeated: number
    readonly steps: number
    readonly events: number
    readonly acknowledged: number
    readonly lostRuns: number
    readonly doubleSteps: number
    readonly lostEvents: number
    /** From the kill to the next step that began or ended. */
    readonly movingAgainMs: readonly number[]
  }
  readonly ports: readonly number[]
  readonly faults: readonly string[]
}

type Storm = { readonly last: string | undefined; readonly restarts: readonly number[]; readonly kills: number }

/** Compares what the server remembers with what was asked of it. The server runs, nothing is under way. */
export async function judge(target: Judged, repository: Repository, record: Record, { last, restarts, kills }: Storm): Promise<Verdict> {
  const events = await everyEvent(target)
  const environments = await target.environments()
  const lost = openRuns(record).map((run) => `run ${run} has not ended`)
  const doubled = doubleSteps(events, record)
  const forgotten = lostEvents(events, record)
  const steps = [...record.ended.values()].flatMap((run) => run.steps)
  const faults = [
    ...record.faults,
    ...lost,
    ...doubled,
    ...forgotten,
    ...gaps(events),
    ...strangeEnds(record),
    ...(await checksBegunTwice(repository)),
    ...(await productionFaults(events, environments, record, last)),
    ...untoldEnvironments(events, record),
    ...environments.filter(({ id }) => id.startsWith(`${stream}/dev-`)).map(({ id }) => `environment ${id} was left behind`),
    ...(await rebuildFaults(target)),
  ]
  const ended = [...record.ended.values()]
  return {
    figures: {
      kills,
      deliveries: record.accepted.size,
      delivered: ended.filter(({ state }) => state === 'succeeded').length,
      superseded: ended.filter(isSuperseded).length,
      broken: ended.filter(({ id }) => record.accepted.get(id)!.broken).length,
      attended: record.attended.length,
      repeated: events.filter((event) => kindOf(event) === 'taskrun.finished' && contentOf(event)['outcome'] === 'error').length,
      steps: steps.filter(({ state }) => state === 'succeeded').length,
      events: events.length,
      acknowledged: record.acknowledged.size,
      lostRuns: lost.length,
      doubleSteps: doubled.length,
      lostEvents: forgotten.length,
      movingAgainMs: restarts.flatMap((at) => movingAgain(events, at)),
    },
    ports: environments.flatMap(({ urls, services }) => [
      ...Object.values(urls).map((url) => Number(new URL(url).port)),
      ...services.flatMap(({ port }) => port ?? []),
    ]),
    faults,
  }
}

/** Ends the server as a person would, and looks for what is left of it. */
export async function afterwards(target: Judged, ports: readonly number[]): Promise<readonly string[]> {
  const code = await target.close()
  const left = await target.processes()
  const open = await Promise.all(ports.map(async (port) => ((await answers(port)) ? [`port ${port} still answers`] : [])))
  return [...(code === 0 ? [] : [`the server ended with ${code}`]), ...left.map((process) => `left behind: ${process}`), ...open.flat()]
}

export async function everyEvent(target: Asked): Promise<readonly RecordedEvent[]> {
  const all: RecordedEvent[] = []
  for (;;) {
    const { events } = await target.ask<{ events: RecordedEvent[] }>('GET', `/events?after=${all.at(-1)?.seq ?? 0}&limit=1000`)
    if (events.length === 0) return all
    all.push(...events)
  }
}

export const kindOf = ({ event }: RecordedEvent) => event.type.replace(/^dev\.cdeventsx?\./, '').replace(/\.\d+\.\d+\.\d+$/, '')
export const subjectOf = ({ event }: RecordedEvent) => event.subject ?? ''
type Data = { subject: { content: { [key: string]: unknown } } }
export const contentOf = ({ event }: RecordedEvent) => (event.data as Data).subject.content

/** Every attempt ends once; every step succeeds once, or once more each time a person let it run again. */
function doubleSteps(events: readonly RecordedEvent[], record: Record): readonly string[] {
  const faults: string[] = []
  const ends = counted(events.filter((event) => kindOf(event) === 'taskrun.finished').map(subjectOf))
  for (const [attempt, count] of ends) if (count > 1) faults.push(`${attempt} ended ${count} times`)
  const successes = counted(
    events
      .filter((event) => kindOf(event) === 'taskrun.finished' && contentOf(event)['outcome'] === 'success')
      .map((event) => subjectOf(event).replace(/\/\d+$/, '')),
  )
  for (const { id, steps, state } of record.ended.values()) {
    const again = record.attended.filter(({ run }) => run === id).length
    for (const step of steps) {
      if (step.kind === 'promote') continue
      const count = successes.get(`${id}/${step.name}`) ?? 0
      if (count > 1 + again) faults.push(`${id}/${step.name} succeeded ${count} times`)
      if (step.state === 'succeeded' && count === 0) faults.push(`${id}/${step.name} succeeded, and no event says so`)
    }
    const named = (kind: string, subject: (event: RecordedEvent) => unknown) =>
      counted(
        events.filter((event) => kindOf(event) === kind && subject(event) === id).map((event) => String(contentOf(event)['stage'] ?? '')),
      )
    for (const [stage, count] of named('threeways-promotion.verified', (event) => contentOf(event)['run']))
      if (count > 1) faults.push(`run ${id} was verified in ${stage} ${count} times`)
    const finished = [...named('pipelinerun.finished', subjectOf).values()][0] ?? 0
    if (finished < 1 || finished > 1 + again) faults.push(`run ${id} ended ${state}, and ${finished} events say so`)
  }
  return faults
}

function lostEvents(events: readonly RecordedEvent[], { acknowledged }: Record): readonly string[] {
  const there = new Map(events.map(({ seq, event }) => [`${event.source} ${event.id}`, seq]))
  return [...acknowledged].flatMap(([name, seq]) =>
    there.get(name) === seq ? [] : [`event ${name} was acknowledged as ${seq} and is ${there.get(name) ?? 'not there'}`],
  )
}

function gaps(events: readonly RecordedEvent[]): readonly string[] {
  return events.flatMap(({ seq }, index) => (seq === index + 1 ? [] : [`event ${index + 1} of the ledger has seq ${seq}`])).slice(0, 1)
}

/** A newer commit went ahead. */
const isSuperseded = ({ message }: { readonly message: string | null }) => /^(\w+: )?superseded/.test(message ?? '')

/** Only what is broken may fail, and only where it is broken. */
function strangeEnds({ ended, accepted, attended }: Record): readonly string[] {
  const faults = [...ended.values()].flatMap((run) => {
    const { broken } = accepted.get(run.id)!
    const inDev = run.steps.some(({ name, state }) => name === 'dev/check/unit' && state === 'failed')
    const asExpected = broken ? run.state === 'failed' && inDev : run.state === 'succeeded'
    return asExpected || isSuperseded(run)
      ? []
      : [`run ${run.id} of a ${broken ? 'broken' : 'good'} commit is ${run.state}: ${run.message}`]
  })
  return [
    ...faults,
    ...attended.filter(({ why }) => why === '').map(({ run, step }) => `${run} ${step} asks for a person and does not say why`),
  ]
}

/** A command that must not run twice is never begun twice for one attempt. */
async function checksBegunTwice({ trace }: Repository): Promise<readonly string[]> {
  const begun = counted((await readFile(trace, 'utf8')).trim().split('\n'))
  return [...begun].flatMap(([step, count]) => (count > 1 && /check\/once/.test(step) ? [`${step} was begun ${count} times`] : []))
}

/** Of each environment the ledger tells once that it was made, of one for a single delivery also once that it is gone. */
function untoldEnvironments(events: readonly RecordedEvent[], { ended }: Record): readonly string[] {
  const told = (kind: string) => counted(events.filter((event) => kindOf(event) === kind).map(subjectOf))
  const [created, deleted] = [told('environment.created'), told('environment.deleted')]
  const ephemeral = [...ended.values()]
    .filter(({ steps }) => steps.some(({ name, state }) => name === 'dev/deploy' && state === 'succeeded'))
    .map(({ id }) => `${stream}/dev-${id.slice(-8)}`)
  const once = (counts: ReadonlyMap<string, number>, id: string, what: string) =>
    counts.get(id) === 1 ? [] : [`the ledger says ${counts.get(id) ?? 0} times that ${id} was ${what}`]
  return [
    ...[...ephemeral, `${stream}/test`, `${stream}/production`].flatMap((id) => once(created, id, 'made')),
    ...ephemeral.flatMap((id) => once(deleted, id, 'destroyed')),
  ]
}

/** What the record says was verified last is what runs and answers. */
async function productionFaults(
  events: readonly RecordedEvent[],
  environments: readonly EnvironmentView[],
  { accepted }: Record,
  last: string | undefined,
): Promise<readonly string[]> {
  const verified = events.filter((event) => kindOf(event) === 'threeways-promotion.verified' && contentOf(event)['stage'] === 'production')
  const { candidate, run } = contentOf(verified.at(-1)!) as { candidate: string; run: string }
  const production = environments.find(({ id }) => id === `${stream}/production`)
  const serving = production?.services.filter((service) => service.serving) ?? []
  const faults: string[] = []
  if (run !== last) faults.push(`the last delivery ${last} is not the last in production: ${run}`)
  if (production?.traffic !== candidate) faults.push(`production serves ${production?.traffic}, ${candidate} was verified last`)
  if (serving.length !== 1 || serving[0]!.running !== candidate) faults.push(`production runs ${JSON.stringify(serving)}`)
  if (production?.services.length !== 1) faults.push(`production keeps ${production?.services.length} services`)
  const answer = await fetch(production?.urls['web'] ?? '').then(
    (response) => response.text(),
    (error: unknown) => String(error),
  )
  if (answer !== accepted.get(run)?.version) faults.push(`production answers "${answer}" instead of "${accepted.get(run)?.version}"`)
  return faults
}

async function rebuildFaults(target: Judged): Promise<readonly string[]> {
  const program = path.join(import.meta.dirname, '../../bin/threeways.mjs')
  const args = [program, 'ledger', 'rebuild', '--check', '--home', target.home]
  const { code, stdout, stderr } = await run(process.execPath, args, { cwd: target.repository, env: target.env })
  return code === 0 ? [] : [`ledger rebuild --check ended with ${code}: ${stdout}${stderr}`]
}

/** From a kill until a step begins or ends again. Empty when none does. */
function movingAgain(events: readonly RecordedEvent[], at: number): readonly number[] {
  const next = events.find((event) => kindOf(event).startsWith('taskrun.') && Date.parse(event.recordedAt) > at)
  return next ? [Date.parse(next.recordedAt) - at] : []
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function counted(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
