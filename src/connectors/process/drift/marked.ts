import { readdir } from 'node:fs/promises'
import { concurrently } from '../../../kernel/concurrently.ts'
import { environmentOf } from '../../../kernel/process.ts'
import { marks } from '../variables.ts'

export type Marked = { readonly pid: number; readonly environment: string; readonly instance: string }

type Known = { looks: number; marked: Marked | undefined }

const validMs = 800
/** A new process shows its parent's environment until it has loaded its own program: it is read again before it is believed. */
const youngLooks = 3
/** After so many looks every process is read again: it may have loaded another program. */
const longLooks = 60

/** Every living process that carries the marks of this home. Looks for all environments at once, and reads what it knows seldom. */
export function markedProcesses(homeId: string) {
  let known = new Map<number, Known>()
  let latest: Promise<readonly Marked[]> = Promise.resolve([])
  let lookedAt = Number.NEGATIVE_INFINITY

  async function look(): Promise<readonly Marked[]> {
    const next = new Map<number, Known>()
    const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid).map(Number)
    await concurrently(32, pids, async (pid) => {
      const looks = (known.get(pid)?.looks ?? 0) + 1
      const isSettled = looks > youngLooks && looks % longLooks !== 0
      next.set(pid, { looks, marked: isSettled ? known.get(pid)!.marked : await read(pid) })
    })
    known = next
    return [...next.values()].flatMap(({ marked }) => marked ?? [])
  }

  async function read(pid: number): Promise<Marked | undefined> {
    const variables = await environmentOf(pid)
    const [environment, instance] = [variables?.[marks.environment], variables?.[marks.instance]]
    if (variables?.[marks.home] !== homeId || environment === undefined || instance === undefined) return undefined
    return { pid, environment, instance }
  }

  return (): Promise<readonly Marked[]> => {
    if (performance.now() - lookedAt < validMs) return latest
    lookedAt = performance.now()
    return (latest = look())
  }
}
