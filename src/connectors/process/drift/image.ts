import { readFile } from 'node:fs/promises'
import { environmentOf } from '../../../kernel/process.ts'
import type { Image } from '../state.ts'

/** Linux's word on a process: how it stands, and which program was loaded into it. */
export type Standing = {
  /** By a signal (SIGSTOP, SIGTSTP) or a debugger. */
  readonly isFrozen: boolean
  /** Where the kernel put stack and environment of the program: another exec, another place. Undefined: it does not tell us. */
  readonly at: string | undefined
}

export async function standingOf(pid: number): Promise<Standing | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  // Counted behind the name, which may hold anything: state, then fields 28 (startstack) and 50 (env_start) of proc_pid_stat(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [stack, environment] = [fields[25]!, fields[47]!]
  return { isFrozen: fields[0] === 'T' || fields[0] === 't', at: environment === '0' ? undefined : `${stack} ${environment}` }
}

// What shells add by themselves.
const ofShells = new Set(['PWD', 'OLDPWD', 'SHLVL', '_'])

/** Which variables of a process differ from those it was given. What the server takes from its own surroundings does not count. */
export function differing(
  given: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): readonly { readonly name: string; readonly how: 'another' | 'missing' | 'new' }[] {
  const counts = (name: string) => name !== 'PATH' && name !== 'HOME' && !ofShells.has(name)
  const names = [...new Set([...Object.keys(given), ...Object.keys(found)])].filter(counts).toSorted()
  return names.flatMap((name) => {
    if (given[name] === found[name]) return []
    return [{ name, how: found[name] === undefined ? 'missing' : given[name] === undefined ? 'new' : ('another' as const) }]
  })
}

/** The program as it is loaded now, to be compared with later. What its own command did to its variables is its own affair. */
export async function imageOf(pid: number, at: string, launches: number, given: Readonly<Record<string, string>>): Promise<Image> {
  const found = (await environmentOf(pid)) ?? {}
  return { launches, pid, at, command: await commandOf(pid), ownVariables: differing(given, found).map(({ name }) => name) }
}

/** As `ps` shows it; cut where it is long. */
export async function commandOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return text.replaceAll('\0', ' ').trim().slice(0, 300)
}
