import { chmod, copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Instant } from '../../../kernel/clock.ts'
import type { Digest } from '../../../kernel/digest.ts'
import { notFound, unavailable } from '../../../kernel/errors.ts'
import { buildEnvironment } from '../../candidate/build-environment.ts'
import { prepareCheckout, type Checkout } from '../../candidate/build.ts'
import { exists } from '../../candidate/folders.ts'
import type { Repository } from '../../candidate/repository.port.ts'
import { listTree } from '../../candidate/tree.ts'
import { runCommand } from './command.ts'
import { artifactHere, sourceParcel } from '../worker/depot.ts'
import type { Execution } from '../execution.ts'
import { runMark } from './leftovers.ts'
import { buildAsking, withSecrets } from './step-secrets.ts'
import type { StepRow } from '../tables.ts'
import type { Copy } from '../work.ts'

/** What an earlier step of this run checked out, as it stands on the machine that did. */
export function checkoutOf(steps: readonly StepRow[], copy: Copy): Checkout {
  const step = steps.find(({ work }) => work.kind === 'checkout' && work.copy === copy)
  return step!.output!['checkout'] as Checkout
}

const folderOf = ({ work, run, checkouts }: Execution, copy: Copy) => path.join(checkouts ?? path.join(work, 'runs', run.id), copy)

/**
 * The run's checkout with what was built in it, on this machine. Where it stands nothing is done. On another machine than the one
 * that made it, everything is made again from the same commit, and the candidate's own files are laid over it: what is checked
 * is what will run.
 */
export async function workspaceOf(execution: Execution, copy: Copy): Promise<Checkout> {
  const { steps, run } = execution
  const made = checkoutOf(steps, copy)
  const folder = folderOf(execution, copy)
  const here: Checkout = { ...made, folder: path.join(folder, 'source'), temporary: path.join(folder, 'tmp') }
  return execution.inTurn(`workspace ${folder}`, async () => {
    const built = buildsDone(steps, copy)
    const standing = await readNote(folder)
    if (standing !== undefined && built.every(({ name }) => standing.includes(name)) && (await exists(here.folder))) return here
    await execution.say(`the checkout of ${run.commit} is made again on this machine`)
    await checkOutHere(execution, copy)
    for (const step of built) await buildAgain(execution, here, step)
    if (run.candidate !== null && copy === 'first') await layOver(execution, here)
    for (const { name } of built) await noteBuilt(execution, copy, name)
    return here
  })
}

/** Writes the commit's own tree into a folder of the run. */
export async function checkOutHere(execution: Execution, copy: Copy): Promise<Checkout> {
  const { run } = execution
  const folder = folderOf(execution, copy)
  await rm(noteFile(folder), { force: true })
  const checkout = await prepareCheckout({
    repository: (await sourceOf(execution)) as Repository,
    commit: { sha: run.commit, committedAt: run.committedAt as Instant },
    folder,
  })
  await writeNote(folder, [])
  return checkout
}

/** A build of this copy has succeeded here. */
export async function noteBuilt(execution: Execution, copy: Copy, step: string): Promise<void> {
  const folder = folderOf(execution, copy)
  const standing = (await readNote(folder)) ?? []
  if (!standing.includes(step)) await writeNote(folder, [...standing, step])
}

/** From the repository where it is, else from the depot. */
export async function sourceOf({
  run,
  homeId,
  depot,
  openRepository,
}: Pick<Execution, 'run' | 'homeId' | 'depot' | 'openRepository'>): Promise<Pick<Repository, 'checkout'>> {
  if (run.origin === null || run.origin === homeId) return openRepository(run.repository)
  return {
    async checkout(sha, folder) {
      if (await depot.get(sourceParcel(sha), folder)) return
      throw notFound('SOURCE_NOT_HERE', {
        message: `commit ${sha} is not to be had on this machine`,
        help: 'run it again on the server that took it in, or deliver the commit again',
      })
    },
  }
}

const buildsDone = (steps: readonly StepRow[], copy: Copy) =>
  steps.filter(({ work, state }) => work.kind === 'build' && work.copy === copy && state === 'succeeded')

async function buildAgain(execution: Execution, checkout: Checkout, built: StepRow): Promise<void> {
  const { run, step, homeId, clock, signal } = execution
  if (built.work.kind !== 'build') return
  const folder = path.join(execution.folder, built.name.replaceAll(/[^a-zA-Z0-9.-]+/g, '_'))
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const env = { ...(await buildEnvironment(checkout, process.env)), THREEWAYS_HOME_ID: homeId, [runMark]: run.id }
  const mark = { name: 'THREEWAYS_STEP', value: `${run.id}/${step.name}/${step.attempt}/${built.name}` }
  const deadline = built.timeoutMs === null ? undefined : clock.now() + built.timeoutMs
  const { command } = built.work
  const end = await withSecrets(execution, folder, buildAsking(run, command), ({ variables, hide }) =>
    runCommand({ folder, command, cwd: checkout.folder, env: { ...env, ...variables }, mark, hide, deadline }, () => clock.now(), signal),
  )
  signal.throwIfAborted()
  if (end.end !== 'exited' || end.code !== 0)
    throw unavailable('WORKSPACE_NOT_MADE', {
      message: `"${built.title}" succeeded elsewhere and ${end.end === 'exited' ? `ended with exit code ${end.code}` : end.end} here`,
      help: 'this machine lacks something that the other has; install it, or say with `on` where the step may run',
    })
}

async function layOver({ steps, work, depot }: Execution, { folder }: Checkout): Promise<void> {
  const made = steps.find(({ work: { kind } }) => kind === 'candidate')?.output?.['candidate'] as { artifact: Digest } | undefined
  if (made === undefined) return
  const digest = made.artifact
  const artifact = await artifactHere(path.join(work, 'artifacts'), depot, digest)
  if (artifact === undefined) throw notFound('ARTIFACT_MISSING', { message: `artifact ${digest} is not to be had on this machine` })
  for (const { path: name, kind, target } of await listTree(artifact)) {
    const place = path.join(folder, name)
    if (kind === 'folder') {
      await mkdir(place, { recursive: true })
      continue
    }
    await mkdir(path.dirname(place), { recursive: true })
    await rm(place, { recursive: true, force: true })
    if (kind === 'link') await symlink(target, place)
    else {
      await copyFile(path.join(artifact, name), place)
      await chmod(place, kind === 'executable' ? 0o755 : 0o644)
    }
  }
}

const noteFile = (folder: string) => path.join(folder, 'built.json')
const writeNote = (folder: string, steps: readonly string[]) => writeFile(noteFile(folder), JSON.stringify(steps))

async function readNote(folder: string): Promise<readonly string[] | undefined> {
  const text = await readFile(noteFile(folder), 'utf8').catch(() => undefined)
  try {
    return text === undefined ? undefined : (JSON.parse(text) as readonly string[])
  } catch {
    return undefined
  }
}
