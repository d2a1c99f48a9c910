import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { sha256 } from '../../../kernel/digest.ts'
import { event } from '../../../ledger/event.ts'
import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import { buildEnvironment } from '../../candidate/build-environment.ts'
import { finishCandidate, type Candidate, type Checkout } from '../../candidate/build.ts'
import { candidateBuilt } from '../../candidate/events.ts'
import { requireReproducible } from '../../candidate/reproducible.ts'
import { readTools } from '../../candidate/tools.ts'
import type { Positions } from '../../definition/definition.ts'
import { definitionFile, readDefinition } from '../../definition/read.ts'
import { readMigrations, type MigrationsOf } from '../../migration/files.ts'
import type { LockFile } from '../../provenance/sbom.ts'
import type { Execution, StepEnd } from '../execution.ts'
import { source } from '../records.ts'
import { workerOf } from '../engine/machines.ts'
import { changeRun } from '../engine/runs.ts'
import { tables, type KnownMigration, type RunRow } from '../tables.ts'
import { artifactParcel } from '../worker/depot.ts'
import { checkOutHere, workspaceOf } from './workspace.ts'

/** Writes the commit's own tree into a folder of the run. */
export async function checkOut(execution: Execution): Promise<StepEnd> {
  const { run, step, say } = execution
  if (step.work.kind !== 'checkout') throw new TypeError(step.work.kind)
  const checkout = await checkOutHere(execution, step.work.copy)
  await say(`${run.commit} "${run.summary}" is checked out: the commit as it is, nothing of the work tree`)
  // Asked before the build: a wrong tool must not cost the time of a build.
  const env = await buildEnvironment(checkout, process.env)
  const tools = await readTools(run.definition.tools, { env, cwd: checkout.folder, positions: await positionsIn(checkout) })
  return { end: 'succeeded', output: { checkout, tools } }
}

/** Where the definition's values stand, for errors. */
async function positionsIn({ folder }: Checkout): Promise<Positions> {
  return readDefinition(await readFile(path.join(folder, definitionFile)), definitionFile).positions
}

/** Packs what the build made, names the candidate, and compares with a second build where the definition asks for it. */
export async function makeCandidate(execution: Execution): Promise<StepEnd> {
  const { run, steps, work, say } = execution
  const { definition } = run
  // A tidying that began before this step was claimed ends first; a later one sees that a candidate is being made.
  await execution.inTurn('artifacts', async () => {})
  const checkout = await workspaceOf(execution, 'first')
  const positions = await positionsIn(checkout)
  const tools = steps.find(({ work: { kind } }) => kind === 'checkout')!.output!['tools'] as Readonly<Record<string, string>>
  const twice = definition.artifact.reproducible === 'required'
  if (twice) {
    const second = await workspaceOf(execution, 'second')
    await requireReproducible({
      first: checkout.folder,
      second: second.folder,
      pack: definition.artifact.pack,
      positions,
    })
    await say('built twice in two folders: the same bytes')
  }
  const migrations = await readMigrations(checkout.folder, definition)
  for (const line of allowances(migrations)) await say(line)
  const candidate = await finishCandidate({ checkout, definition, positions, tools, store: path.join(work, 'artifacts') })
  await say(
    `candidate ${candidate.digest}: commit ${candidate.commit}, artifact ${candidate.artifact}, environment ${candidate.environment}`,
  )
  if (execution.isShared()) await execution.depot.put(artifactParcel(candidate.artifact), candidate.folder)
  await execution.attestor.read(candidate.artifact)
  return candidateMade(execution, candidate, migrations, await lockFilesIn(checkout))
}

/** The end of the step that made it, here or on a worker. */
export function candidateMade(execution: Making, candidate: Candidate, migrations: MigrationsOf, locks: readonly LockFile[]): StepEnd {
  return { end: 'succeeded', message: candidate.digest, output: { candidate }, record: record(execution, candidate, migrations, locks) }
}

/** For whoever reads the log of the candidate: what a person let through. */
function allowances(migrations: MigrationsOf): readonly string[] {
  return Object.values(migrations).flatMap((files) =>
    files.flatMap(({ name, allowed }) => allowed.map(({ rule, line, reason }) => `${name}:${line}: ${rule} is let through: ${reason}`)),
  )
}

type Making = Pick<Execution, 'run' | 'step' | 'clock' | 'newId' | 'attestor'>

/** Lock files as they were committed: one that the build has written says nothing of what was asked for. */
async function lockFilesIn({ folder, lockFiles }: Checkout): Promise<readonly LockFile[]> {
  return Promise.all(
    Object.entries(lockFiles).map(async ([file, digest]) => {
      const text = await readFile(path.join(folder, file), 'utf8').catch(() => undefined)
      return { path: file, text: text !== undefined && sha256(text) === digest ? text : undefined }
    }),
  )
}

function record({ run, step, clock, newId, attestor }: Making, candidate: Candidate, brought: MigrationsOf, locks: readonly LockFile[]) {
  const twice = run.definition.artifact.reproducible === 'required'
  const { stream, repository, definition, branch, author, summary, committedAt } = run
  const { digest, commit, artifact, environment, files, bytes, tools, lockFiles, folder } = candidate
  const envelope = { id: newId(), time: clock.instant(), source, subject: digest, chainId: run.id }
  const { build: commands, pack } = definition.artifact
  const building = {
    made: candidate,
    startedOn: run.startedAt ?? run.queuedAt,
    build: commands,
    pack,
    reproducible: twice,
    committedAt,
    locks,
    worker: workerOf(step.owner),
  }
  return async (tx: LedgerTransaction, row: RunRow) => {
    const known = Object.entries(brought).flatMap(([resource, files]) =>
      files.map(({ name, kind, checksum }): KnownMigration => ({ resource, name, kind, checksum })),
    )
    const migrations = JSON.stringify(known)
    const build = {
      candidate: digest,
      stream,
      commit,
      repository,
      definition: JSON.stringify(definition),
      artifact,
      folder,
      environment,
      migrations,
    }
    await tables(tx)
      .insertInto('build')
      .values(build)
      .onConflict((c) => c.column('candidate').doUpdateSet({ folder, repository, migrations }))
      .execute()
    await changeRun(tx, row, { candidate: digest })
    const content = { stream, commit, author, summary, committedAt, artifact, environment, files, bytes, tools, lockFiles }
    return [
      event(candidateBuilt, envelope, {
        ...content,
        reproducible: twice ? 'verified' : 'unchecked',
        ...(branch === null ? {} : { branch }),
      }),
      ...(await attestor.built(tx, { run: run.id, stream }, building)),
    ]
  }
}
