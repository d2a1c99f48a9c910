import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { sha256, shortDigest } from '../kernel/digest.ts'
import { newId } from '../kernel/ids.ts'
import { identify, isAlive } from '../kernel/process.ts'

/**
 * Names the engine of this process so that whoever reads it on this machine can tell whether it lives. Containers may share a
 * host's name, or two machines theirs: what is compared is where process ids mean the same.
 */
export async function engineName(home: string): Promise<string> {
  const { pid, startedAt } = (await identify(process.pid))!
  return [await thisMachine(), pid, startedAt, newId(), home].join('/')
}

/** An engine is dead with its process; another one of this home in this process was closed before ours was opened. Of other machines nothing is known. */
export async function isDead(owner: string, ownHome: string): Promise<boolean> {
  const [machine, pid, startedAt, , home] = owner.split('/') as [string, string, string, string, string | undefined]
  if (machine !== (await thisMachine())) return false
  if (Number(pid) === process.pid) return home === ownHome
  return !(await isAlive({ pid: Number(pid), startedAt }))
}

async function thisMachine(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const processes = await readlink('/proc/self/ns/pid').catch(() => '')
  return `${hostname()}:${shortDigest(sha256(boot + processes))}`
}
