import { lstat, readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { sha256, shortDigest, type Digest } from '../../../kernel/digest.ts'
import { messageOf } from '../../../kernel/errors.ts'
import { childrenOf, environmentOf, workingDirectoryOf } from '../../../kernel/process.ts'
import type { Desired } from '../../../flow/environment/provider.port.ts'
import type { InstanceState } from '../state.ts'
import { marks } from '../variables.ts'

/** What a living instance really runs. `running` is undefined when that cannot be told, `problem` says why. */
export type ReadBack = { readonly pid: number | undefined; readonly running: Digest | undefined; readonly problem: string | undefined }

/**
 * Reads back what runs: the candidate the process itself was started for, in the folder it stands in, whose files are still
 * those of the artifact. Where a process's own word cannot be read (no /proc) its recorded identity stands in.
 */
export function runningReader(digestOfTree: (folder: string) => Promise<Digest>) {
  const artifactProblem = artifactReader(digestOfTree)
  return async (instance: InstanceState, desired: Desired, freshly: boolean): Promise<ReadBack> => {
    const pid = await servicePidOf(instance)
    const unknown = (problem: string): ReadBack => ({ pid, running: undefined, problem })
    let running: string | undefined = instance.candidate
    if (process.platform === 'linux') {
      running = (await environmentOf(pid))?.[marks.candidate]
      if (running === undefined) return unknown(`process ${pid} does not say which candidate it was started for`)
      const folder = await workingDirectoryOf(pid)
      if (!(await isInside(folder, desired.artifact)))
        return unknown(`process ${pid} stands in ${folder ?? 'no folder'}, not in its artifact`)
    }
    const problem = await artifactProblem(desired, freshly)
    return problem === undefined ? { pid, running: running as Digest, problem } : unknown(problem)
  }
}

/** Tells why an artifact's folder is not what the candidate was made of; undefined when it is. */
export function artifactReader(digestOfTree: (folder: string) => Promise<Digest>) {
  const trees = treeDigests(digestOfTree)
  return async ({ artifact, artifactDigest }: Desired, freshly: boolean): Promise<string | undefined> => {
    const content = await trees(artifact, freshly).catch((error: unknown) => messageOf(error))
    if (content === artifactDigest) return undefined
    const found = content.startsWith('sha256:') ? `has digest ${shortDigest(content)} instead of ${shortDigest(artifactDigest)}` : content
    return `the artifact's folder was changed: ${artifact} ${found}`
  }
}

/**
 * The service's own process: below the shell that notes its end and, isolated, below bubblewrap (outside and inside) and our bridge.
 * While that is still being made: the last there is.
 */
export async function servicePidOf(instance: InstanceState): Promise<number> {
  const { container, identity } = instance.process!
  return container === undefined ? (await descent(instance)).pid : identity.pid
}

/** Whether the service's own program runs: what isolates it has been made. */
export async function hasBegun(instance: InstanceState): Promise<boolean> {
  return instance.isolation === undefined || (await descent(instance)).isWhole
}

async function descent({ process, isolation }: InstanceState): Promise<{ readonly pid: number; readonly isWhole: boolean }> {
  let { pid } = process!.identity
  for (let level = isolation ? 4 : 1; level > 0; level--) {
    const [child] = await childrenOf(pid)
    if (child === undefined) return { pid, isWhole: false }
    pid = child
  }
  return { pid, isWhole: true }
}

async function isInside(folder: string | undefined, outer: string): Promise<boolean> {
  if (folder === undefined) return false
  const real = await realpath(outer).catch(() => outer)
  const relative = path.relative(real, folder)
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative))
}

type Known = { readonly outline: string; readonly digest: Digest; readonly validUntil: number }

/**
 * Digests of folders, computed again when a file's time, size or mode changed, or when asked to. Looking for changes costs a
 * walk; one in twenty of the time goes into walks at most.
 */
function treeDigests(digestOfTree: (folder: string) => Promise<Digest>) {
  const known = new Map<string, Known>()
  const underWay = new Map<string, Promise<Digest>>()

  const look = async (folder: string, freshly: boolean): Promise<Digest> => {
    const began = performance.now()
    // Before the content: what changes while we read is seen next time.
    const outline = sha256((await outlineOf(folder, '')).join('\n'))
    const validUntil = performance.now() + 20 * (performance.now() - began)
    const before = known.get(folder)
    const digest = !freshly && before?.outline === outline ? before.digest : await digestOfTree(folder)
    known.set(folder, { outline, digest, validUntil })
    return digest
  }

  return (folder: string, freshly: boolean): Promise<Digest> => {
    const before = known.get(folder)
    if (!freshly && before && performance.now() < before.validUntil) return Promise.resolve(before.digest)
    const key = `${freshly} ${folder}`
    const looking = underWay.get(key) ?? look(folder, freshly).finally(() => underWay.delete(key))
    underWay.set(key, looking)
    return looking
  }
}

async function outlineOf(root: string, inside: string): Promise<readonly string[]> {
  const entries = await readdir(path.join(root, inside), { withFileTypes: true })
  const lines = await Promise.all(
    entries.map(async (entry) => {
      const name = path.join(inside, entry.name)
      const { size, mode, mtimeMs, ctimeMs, ino } = await lstat(path.join(root, name))
      const own = `${name} ${size} ${mode} ${mtimeMs} ${ctimeMs} ${ino}`
      return entry.isDirectory() ? [own, ...(await outlineOf(root, name))] : [own]
    }),
  )
  return lines.flat()
}
