import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Stage } from '../../definition/definition.ts'
import { runCheck } from './commands.ts'
import type { Execution, StepEnd } from '../execution.ts'
import { goingBackTo } from './migrate-step.ts'
import { buildOf, environmentOf, stageOf } from '../place.ts'
import { tables, type BuildRow, type StepRow } from '../tables.ts'

/**
 * Tries the candidate that a rollback would go to with what was added to its databases, while it still serves: with its own checks
 * of the environment, from its own commit. Only then may another take its place, and a contract take away what it needs.
 */
export async function proveStage(execution: Execution): Promise<StepEnd> {
  const stage = stageOf(execution.run, execution.step.stage!)
  // Whoever mends what is broken goes forward, whatever it was that broke.
  if (execution.run.fixesStop !== null) return unproven('it fixes a stop of the line')
  const before = await goingBackTo(execution, stage)
  if (before === undefined) return unproven('there is nothing to go back to')
  const build = await buildOf(execution.ledger, before)
  const added = await addedSince(execution, stage, build)
  if (added.length === 0) return unproven(`${short(build)} knows all that was applied`)
  const { traffic } = await execution.provider.observe(environmentOf(execution.run, stage))
  if (traffic !== before) return unproven(`${short(build)}, to which one would go back, does not serve`)
  const checks = checksOf(build, stage)
  if (checks.length === 0)
    return unproven(`nothing says that ${short(build)} works with ${added.join(', ')}: it has no check in: environment here`)
  const earlier = await asEarlier(execution, build)
  if (earlier === undefined) return unproven(`the delivery of ${short(build)} is not on record here`)
  for (const check of checks) {
    const end = await tried(execution, earlier, check)
    if (end.end === 'succeeded') continue
    if (end.end !== 'failed') return end
    return {
      ...end,
      message: `${check} of ${short(build)}, which serves, fails since ${added.join(', ')} ${added.length === 1 ? 'was' : 'were'} applied: it could not be gone back to\n${end.message}`,
    }
  }
  return { end: 'succeeded', message: `${short(build)} works with ${added.join(', ')}: ${checks.join(', ')}` }
}

const unproven = (why: string): StepEnd => ({ end: 'succeeded', message: `nothing was tried: ${why}` })

const short = ({ commit }: BuildRow) => commit.slice(0, 8)

/** What the databases remember and that candidate does not know. */
async function addedSince({ provider, run }: Execution, stage: Stage, { migrations }: BuildRow): Promise<readonly string[]> {
  const added: string[] = []
  for (const [resource, { migrations: brought }] of Object.entries(run.definition.resources)) {
    if (brought === undefined) continue
    const known = new Set((migrations ?? []).filter((one) => one.resource === resource).map(({ name }) => name))
    const history = (await provider.databases?.history(environmentOf(run, stage), resource)) ?? []
    added.push(...history.filter(({ name }) => !known.has(name)).map(({ name }) => name))
  }
  return added
}

/** Those that ask the environment, in the order in which its stage has them. */
function checksOf({ definition }: BuildRow, { name }: Stage): readonly string[] {
  const stage = definition.stages.find((one) => one.name === name)
  return [...new Set([...(stage?.checks ?? []), ...(stage?.smoke ?? [])])].filter((check) => definition.checks[check]!.in === 'environment')
}

/** What a step of its own delivery would see, with a checkout that belongs to this run. */
async function asEarlier(execution: Execution, { candidate }: BuildRow): Promise<Execution | undefined> {
  const { ledger, run, work } = execution
  const earlier = await tables(ledger)
    .selectFrom('run')
    .selectAll()
    .where('stream', '=', run.stream)
    .where('candidate', '=', candidate)
    .where('kind', '=', 'delivery')
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (earlier === undefined) return undefined
  const steps = (await tables(ledger)
    .selectFrom('step')
    .selectAll()
    .where('run', '=', earlier.id)
    .orderBy('position')
    .execute()) as StepRow[]
  // Its own leftovers end with this run, and its folder goes with it.
  return { ...execution, run: { ...earlier, id: run.id }, steps, checkouts: path.join(work, 'runs', run.id, 'earlier') }
}

/** As often as the check itself asks for. */
async function tried(execution: Execution, earlier: Execution, check: string): Promise<StepEnd> {
  const { step, clock, say } = execution
  const { retries, timeoutMs } = earlier.run.definition.checks[check]!
  for (let attempt = 1; ; attempt++) {
    const folder = path.join(execution.folder, `${check.replaceAll(/[^a-zA-Z0-9.-]+/g, '_')}-${attempt}`)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const own: StepRow = {
      ...step,
      name: `${step.name}/${check}/${attempt}`,
      work: { kind: 'check', stage: step.stage!, check },
      startedAt: clock.instant(),
      timeoutMs,
    }
    const end = await runCheck({ ...earlier, step: own, folder })
    await say(`${check}: ${end.end}${'message' in end && end.message !== undefined ? `: ${end.message}` : ''}`)
    if (end.end !== 'failed' || attempt > retries) return end
  }
}
