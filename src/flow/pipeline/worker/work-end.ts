import { mkdtemp, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Digest } from '../../../kernel/digest.ts'
import { artifactFolder } from '../../candidate/artifact.ts'
import { candidateDigest, environmentDigest } from '../../candidate/environment-digest.ts'
import { exists, removeTree } from '../../candidate/folders.ts'
import { lockFilesOf } from '../../candidate/lock-files.ts'
import { listTree } from '../../candidate/tree.ts'
import { readMigrations } from '../../migration/files.ts'
import type { LockFile } from '../../provenance/sbom.ts'
import type { StepEnd, Workshop } from '../execution.ts'
import { candidateMade } from '../step/making.ts'
import { failedBy } from '../step/step-end.ts'
import type { RunRow, StepRow } from '../tables.ts'
import type { WorkerEnd } from './work-schemas.ts'
import { sourceOf } from '../step/workspace.ts'

type Found = NonNullable<(WorkerEnd & { end: 'succeeded' })['output']>

/**
 * What a worker says of a step, as far as it is believed. What it found is; who it is, what was committed and what follows from that
 * is not: the server reads the commit itself. What does not fit fails the step, for no fault of the change.
 */
export async function endOf(shop: Workshop, run: RunRow, steps: readonly StepRow[], step: StepRow, how: WorkerEnd): Promise<StepEnd> {
  if (how.end === 'failed') return { ...how, output: testsOf(how.output) }
  if (how.end !== 'succeeded') return how
  const { message, output = {} } = how
  try {
    if (step.work.kind === 'checkout') return await checkedOut(shop, run, output)
    if (step.work.kind === 'candidate') return await made(shop, run, steps, output)
  } catch (error) {
    return failedBy(error)
  }
  return { end: 'succeeded', ...(message === undefined ? {} : { message }), output: testsOf(output) }
}

async function checkedOut(shop: Workshop, run: RunRow, { checkout, tools }: Found): Promise<StepEnd> {
  if (!checkout || !tools) return unfit('a checkout ends with what was checked out')
  const lockFiles = Object.fromEntries((await locksOf(shop, run)).map(({ path: name, digest }) => [name, digest]))
  if (!isSame(checkout.lockFiles, lockFiles)) return unfit(`its lock files are not those of commit ${run.commit.slice(0, 8)}`)
  const { folder, temporary } = checkout
  return {
    end: 'succeeded',
    output: { checkout: { commit: run.commit, committedAt: run.committedAt, folder, temporary, lockFiles }, tools },
  }
}

async function made(shop: Workshop, run: RunRow, steps: readonly StepRow[], { candidate }: Found): Promise<StepEnd> {
  if (!candidate) return unfit('this step ends with a candidate')
  const store = path.join(shop.work, 'artifacts')
  const artifact = candidate.artifact as Digest
  const folder = artifactFolder(store, artifact)
  if (!(await exists(folder))) return unfit('its artifact was not brought')
  const locks = await locksOf(shop, run)
  const lockFiles = Object.fromEntries(locks.map(({ path: name, digest }) => [name, digest]))
  const tools = steps.find(({ work: { kind } }) => kind === 'checkout')!.output!['tools'] as Readonly<Record<string, string>>
  const environment = environmentDigest({ definition: run.definition, lockFiles, tools })
  const digest = candidateDigest({ commit: run.commit, artifact, environment })
  if (candidate.digest !== digest) return unfit('its candidate is not what the commit, the artifact and the environment make it')
  await shop.attestor.read(artifact)
  // Whether they may run is not for a worker to say.
  const migrations = await readMigrations(folder, run.definition)
  const { files, bytes } = candidate
  const known = { digest, commit: run.commit, artifact, environment, folder, files, bytes, tools, lockFiles }
  return candidateMade({ ...shop, run, step: steps.find(({ work: { kind } }) => kind === 'candidate')! }, known, migrations, locks)
}

const unfit = (what: string): StepEnd => ({
  end: 'failed',
  fault: 'infrastructure',
  message: `what the worker says is not believed: ${what}`,
})

/** The lock files as they were committed, read on this server. @throws as `Repository.checkout`, `SOURCE_NOT_HERE` */
async function locksOf(shop: Workshop, run: RunRow): Promise<readonly (LockFile & { readonly digest: Digest })[]> {
  const place = await mkdtemp(path.join(shop.work, 'reading-'))
  const folder = path.join(place, 'source')
  try {
    await (await sourceOf({ ...shop, run })).checkout(run.commit, folder)
    const digests = await lockFilesOf(folder, await listTree(folder))
    return await Promise.all(
      Object.entries(digests).map(async ([name, digest]) => ({
        path: name,
        digest,
        text: await readFile(path.join(folder, name), 'utf8'),
      })),
    )
  } finally {
    await removeTree(place)
  }
}

const isSame = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>) =>
  Object.keys(one).length === Object.keys(other).length && Object.entries(one).every(([name, value]) => other[name] === value)

const testsOf = (output: { tests?: unknown } | undefined) => (output?.tests === undefined ? {} : { tests: output.tests })
