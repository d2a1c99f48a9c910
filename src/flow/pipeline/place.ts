import path from 'node:path'
import { sql } from 'kysely'
import { notFound } from '../../kernel/errors.ts'
import type { Digest } from '../../kernel/digest.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import type { Deploy, Stage } from '../definition/definition.ts'
import type { Deployment } from '../deployment/deployment.ts'
import { holds } from '../deployment/projection.ts'
import { onRecord } from '../environment/on-record.ts'
import type { Desired, EnvironmentId, EnvironmentProvider } from '../environment/provider.port.ts'
import type { Shadowing } from '../environment/shadow.port.ts'
import { artifactHere } from './worker/depot.ts'
import type { Execution, Workshop } from './execution.ts'
import type { Change, Place } from './line.port.ts'
import { missesContract } from './schema-ahead.ts'
import { promotions } from './projection.ts'
import { tables, type BuildRow, type RunRow, type StepRow } from './tables.ts'

export function stageOf(run: Pick<RunRow, 'definition'>, name: string): Stage {
  return run.definition.stages.find((stage) => stage.name === name)!
}

/** An ephemeral stage has an environment of its own for each run, so that runs do not wait for each other there. */
export function environmentOf(run: Pick<RunRow, 'id' | 'stream'>, stage: Stage): EnvironmentId {
  return stage.ephemeral ? `${run.stream}/${stage.environment}-${run.id.slice(-8)}` : `${run.stream}/${stage.environment}`
}

export function placeOf({ definition: { stages } }: Pick<RunRow, 'definition'>, { name, after }: Stage): Place {
  return { first: after.length === 0, final: !stages.some((other) => other.after.includes(name)) }
}

/** A run's change on its way into a stage, as the line sees it. */
export function changeOf(run: RunRow, { name, environment }: Stage, steps: readonly Pick<StepRow, 'name' | 'attempt'>[] = []): Change {
  return {
    stream: run.stream,
    commit: run.commit,
    candidate: run.candidate!,
    run: run.id,
    stage: name,
    environment,
    services: Object.keys(run.definition.services),
    fixesStop: run.fixesStop ?? undefined,
    reverts: run.reverts?.split(' ') ?? [],
    attempt: steps.find((step) => step.name === `${name}/promote`)?.attempt ?? 1,
  }
}

export async function buildOf(ledger: Pick<Ledger, 'db'>, candidate: string): Promise<BuildRow> {
  const build = await tables(ledger).selectFrom('build').selectAll().where('candidate', '=', candidate).executeTakeFirst()
  if (build) return build
  throw notBuilt(candidate)
}

/** The same with its artifact on this machine, fetched from where the machines share it. @throws as `buildOf` */
export async function buildHere(shop: Pick<Workshop, 'ledger' | 'work' | 'depot'>, candidate: string): Promise<BuildRow> {
  const build = await buildOf(shop.ledger, candidate)
  const folder = await artifactHere(path.join(shop.work, 'artifacts'), shop.depot, build.artifact as Digest)
  if (folder === undefined) throw notBuilt(candidate)
  return { ...build, folder }
}

const notBuilt = (candidate: string) =>
  notFound('CANDIDATE_NOT_BUILT_HERE', {
    message: `the artifact of candidate ${candidate} is not on this machine`,
    help: 'deliver its commit again to build it here',
  })

export function desired(provider: EnvironmentProvider, build: BuildRow, settings: string): Desired {
  return {
    candidate: build.candidate as Digest,
    rendered: provider.render(build.definition, settings),
    artifact: build.folder,
    artifactDigest: build.artifact as Digest,
  }
}

/**
 * The candidate that a rollback of this stage goes to: verified last in the stage and its environment, not held, and another one
 * than `except`; it works with the database as it was contracted since. A ledger brought here from elsewhere tells of candidates whose files stayed there: only those built here count.
 */
export async function lastVerified(ledger: Pick<Ledger, 'db'>, stream: string, stage: Stage, except?: string): Promise<string | undefined> {
  const here = JSON.stringify([{ name: stage.name, environment: stage.environment, ephemeral: stage.ephemeral }])
  const held = rowsOf(ledger.db, holds)
    .select('commit')
    .where('stream', '=', stream)
    .where('stage', '=', stage.name)
    .where((is) => is.or([is('held', '=', true), is('newer', 'is not', null)]))
    .where('commit', 'is not', null)
  const built = tables(ledger)
    .selectFrom('build')
    .select('candidate')
    .where('stream', '=', stream)
    .where('commit', 'not in', held)
    .where(sql<boolean>`definition->'stages' @> ${here}::jsonb`)
    .where((is) => is.not(missesContract(`${stream}/${stage.environment}`)))
  const verified = rowsOf(ledger.db, promotions)
    .select('candidate')
    .where('stream', '=', stream)
    .where('stage', '=', stage.name)
    .where('verifiedAt', 'is not', null)
    .where('candidate', 'in', built)
    .$if(except !== undefined, (query) => query.where('candidate', '<>', except!))
  return (await verified.orderBy('verifiedAt', 'desc').limit(1).executeTakeFirst())?.candidate
}

/** A run's deployment into a stage. @param previous - the candidate to go back to */
export async function deploymentOf(execution: Execution, stage: Stage, previous?: string): Promise<Deployment> {
  const { provider, run, signal, say } = execution
  const environment = environmentOf(run, stage)
  const { traffic, shares, services } = await provider.observe(environment)
  const others = new Set(services.map(({ candidate }) => candidate).filter((candidate) => candidate !== run.candidate))
  const asDesired = async (candidate: string) => desired(provider, await buildHere(execution, candidate), stage.environment!)
  return {
    provider,
    environment,
    how: howOf(run, stage),
    shadow: shadowOf(run, stage),
    next: await asDesired(run.candidate!),
    standing: await Promise.all([...others].map(asDesired)),
    traffic,
    shares,
    previous: previous === undefined ? undefined : await asDesired(previous),
    say: (line) => void say(line).catch(() => {}),
    signal,
  }
}

/** Whose requests a stage's environment gets copies of; undefined: nobody's. */
export function shadowOf(run: RunRow, { shadow }: Stage): Shadowing | undefined {
  return shadow && { ...shadow, from: environmentOf(run, stageOf(run, shadow.from)) }
}

/** What was verified needs no proof, and whoever goes back is in a hurry: it gets all traffic as soon as it is there. */
function howOf({ kind }: RunRow, { deploy }: Stage): Deploy {
  return kind === 'delivery' || deploy.strategy === 'replace' ? deploy : { ...deploy, strategy: 'blue-green' }
}

/** The stage whose environment this is; undefined: a person's own. */
export async function stageOwning(ledger: Pick<Ledger, 'db'>, id: EnvironmentId): Promise<string | undefined> {
  const [stream, name] = id.split('/') as [string, string]
  const run = await tables(ledger)
    .selectFrom('run')
    .selectAll()
    .where('stream', '=', stream)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  return run?.definition.stages.find((stage) => !stage.ephemeral && stage.environment === name)?.name
}

/** The settings an environment was made from: of a stage its own, of a person's what its event said. */
export async function settingsOf(ledger: Pick<Ledger, 'db'>, id: EnvironmentId): Promise<string> {
  return (await onRecord(ledger, id))?.settings ?? id.split('/')[1]!
}
