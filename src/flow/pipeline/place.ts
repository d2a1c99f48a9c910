import { notFound } from '../../kernel/errors.ts'
import type { Digest } from '../../kernel/digest.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import type { Stage } from '../definition/definition.ts'
import type { Deployment } from '../deployment/deploy.ts'
import { holds } from '../deployment/projection.ts'
import { environments } from '../environment/projection.ts'
import type { Desired, EnvironmentId, EnvironmentProvider } from '../environment/provider.port.ts'
import type { Execution } from './execution.ts'
import type { Place } from './line.port.ts'
import { promotions } from './projection.ts'
import { tables, type BuildRow, type RunRow } from './tables.ts'

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

export async function buildOf(ledger: Pick<Ledger, 'db'>, candidate: string): Promise<BuildRow> {
  const build = await tables(ledger).selectFrom('build').selectAll().where('candidate', '=', candidate).executeTakeFirst()
  if (build) return build
  throw notFound('CANDIDATE_NOT_BUILT_HERE', {
    message: `the artifact of candidate ${candidate} is not on this machine`,
    help: 'deliver its commit again to build it here',
  })
}

export function desired(provider: EnvironmentProvider, build: BuildRow, settings: string): Desired {
  return {
    candidate: build.candidate as Digest,
    rendered: provider.render(build.definition, settings),
    artifact: build.folder,
    artifactDigest: build.artifact as Digest,
  }
}

/** The candidate that a rollback of this stage goes to: verified there last, not held, built here, and another one than `except`. */
export async function lastVerified(ledger: Pick<Ledger, 'db'>, stream: string, stage: string, except: string): Promise<string | undefined> {
  const held = await rowsOf(ledger.db, holds)
    .select('candidate')
    .where('stream', '=', stream)
    .where('stage', '=', stage)
    .where('held', '=', true)
    .execute()
  const rows = await rowsOf(ledger.db, promotions)
    .select('candidate')
    .where('stream', '=', stream)
    .where('stage', '=', stage)
    .where('verifiedAt', 'is not', null)
    .orderBy('verifiedAt', 'desc')
    .execute()
  const bad = new Set([except, ...held.map(({ candidate }) => candidate)])
  const fit = rows.map(({ candidate }) => candidate).filter((candidate) => !bad.has(candidate))
  if (fit.length === 0) return undefined
  // A ledger brought here from elsewhere tells of candidates whose files stayed there.
  const here = await tables(ledger).selectFrom('build').select('candidate').where('candidate', 'in', fit).execute()
  return fit.find((candidate) => here.some((build) => build.candidate === candidate))
}

/** A run's deployment into a stage. @param previous - the candidate to go back to */
export async function deploymentOf(execution: Execution, stage: Stage, previous: string | undefined): Promise<Deployment> {
  const { ledger, provider, run, signal, say } = execution
  const environment = environmentOf(run, stage)
  const { traffic, services } = await provider.observe(environment)
  const others = new Set(services.map(({ candidate }) => candidate).filter((candidate) => candidate !== run.candidate))
  const asDesired = async (candidate: string) => desired(provider, await buildOf(ledger, candidate), stage.environment!)
  return {
    provider,
    environment,
    strategy: stage.deploy.strategy,
    next: await asDesired(run.candidate!),
    standing: await Promise.all([...others].map(asDesired)),
    traffic,
    previous: previous === undefined ? undefined : await asDesired(previous),
    say: (line) => void say(line).catch(() => {}),
    signal,
  }
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
  const made = await rowsOf(ledger.db, environments).select('settings').where('id', '=', id).executeTakeFirst()
  return made?.settings ?? id.split('/')[1]!
}

/** Whether the ledger says that this environment is there. */
export async function isKnown(ledger: Pick<Ledger, 'db'>, id: EnvironmentId): Promise<boolean> {
  const row = await rowsOf(ledger.db, environments).select('state').where('id', '=', id).executeTakeFirst()
  return row?.state === 'there'
}
