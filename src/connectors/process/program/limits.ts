import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { readFile, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Limits } from '../../../flow/environment/provider.port.ts'
import { messageOf } from '../../../kernel/errors.ts'

export type LimitName = 'memory' | 'cpus' | 'pids'

/** How a limit is written into a control group: the file, and its text. */
type Knob = {
  readonly name: LimitName
  readonly folder: string
  readonly write: (limits: Limits) => readonly (readonly [string, string])[]
}

/** What keeps services within their limits here. */
export type Limiting = {
  readonly by: 'cgroup v2' | 'cgroup v1' | 'systemd' | 'none'
  /** Why one cannot be had; absent: it can. */
  readonly missing: Readonly<Partial<Record<LimitName, string>>>
  readonly knobs: readonly Knob[]
}

const mount = '/sys/fs/cgroup'
const periodUs = 100_000

let found: Limiting | undefined

/** Tries once, some milliseconds; the answer is kept. */
export function detectLimiting(): Limiting {
  return (found ??= detect())
}

function detect(): Limiting {
  if (process.platform !== 'linux') return none(`limits are kept by control groups, which ${process.platform} does not have`)
  const own = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')
  const two = existsSync(path.join(mount, 'cgroup.controllers')) ? versionTwo(own) : undefined
  if (two && Object.keys(two.missing).length === 0) return two
  const one = existsSync(path.join(mount, 'memory')) ? versionOne(own) : undefined
  if (one && Object.keys(one.missing).length < 3) return one
  return systemd() ?? two ?? one ?? none('no control group can be written to here')
}

const none = (why: string): Limiting => ({ by: 'none', missing: { memory: why, cpus: why, pids: why }, knobs: [] })

/** Our own group, so that whatever holds for us holds for what we start. */
function versionOne(own: readonly string[]): Limiting {
  const folderOf = (controller: string) => {
    const line = own.find((each) => each.split(':')[1]!.split(',').includes(controller))
    const relative = line?.split(':').slice(2).join(':') ?? '/'
    const nested = path.join(mount, controller, relative)
    // In a container the group's path is that of the machine, and what is mounted is the group itself.
    return existsSync(nested) ? nested : path.join(mount, controller)
  }
  return tried('cgroup v1', [
    {
      name: 'memory',
      folder: folderOf('memory'),
      write: ({ memoryBytes }) => [
        ['memory.limit_in_bytes', String(memoryBytes)],
        ['memory.memsw.limit_in_bytes', String(memoryBytes)],
      ],
    },
    {
      name: 'cpus',
      folder: folderOf('cpu'),
      write: ({ cpus }) => [
        ['cpu.cfs_period_us', String(periodUs)],
        ['cpu.cfs_quota_us', String(Math.round(cpus! * periodUs))],
      ],
    },
    { name: 'pids', folder: folderOf('pids'), write: ({ pids }) => [['pids.max', String(pids)]] },
  ])
}

function versionTwo(own: readonly string[]): Limiting {
  const folder = path.join(mount, own.find((line) => line.startsWith('0::'))?.slice(3) ?? '/')
  return tried('cgroup v2', [
    {
      name: 'memory',
      folder,
      write: ({ memoryBytes }) => [
        ['memory.max', String(memoryBytes)],
        ['memory.swap.max', '0'],
      ],
    },
    { name: 'cpus', folder, write: ({ cpus }) => [['cpu.max', `${Math.round(cpus! * periodUs)} ${periodUs}`]] },
    { name: 'pids', folder, write: ({ pids }) => [['pids.max', String(pids)]] },
  ])
}

/** Makes a group of each kind, sees that the limit can be written, and removes it. */
function tried(by: 'cgroup v1' | 'cgroup v2', knobs: readonly Knob[]): Limiting {
  const missing: Partial<Record<LimitName, string>> = {}
  for (const { name, folder, write } of knobs) {
    const trial = path.join(folder, `threeways-trial-${process.pid}`)
    try {
      mkdirSync(trial)
      const [[file, text]] = write({ memoryBytes: 2 ** 30, cpus: 1, pids: 100 }) as [readonly [string, string]]
      writeFileSync(path.join(trial, file), text, { flag: 'r+' })
    } catch (error) {
      missing[name] = `no group can be limited in ${folder}: ${messageOf(error)}`
    } finally {
      if (existsSync(trial)) rmdirSync(trial)
    }
  }
  return { by, missing, knobs: knobs.filter(({ name }) => missing[name] === undefined) }
}

/** Where a user's systemd has been given its part of the groups. */
function systemd(): Limiting | undefined {
  const user = process.getuid?.() === 0 ? [] : ['--user']
  const run = spawnSync('systemd-run', [...user, '--scope', '--quiet', '-p', 'MemoryMax=1G', '--', 'true'], { timeout: 5_000 })
  return run.status === 0 ? { by: 'systemd', missing: {}, knobs: [] } : undefined
}

/** Which of the limits a service asks for cannot be kept here, and why. */
export function unkept(limits: Limits, { missing }: Limiting): readonly { readonly name: LimitName; readonly why: string }[] {
  return namesIn(limits).flatMap((name) => (missing[name] === undefined ? [] : [{ name, why: missing[name] }]))
}

function namesIn({ memoryBytes, cpus, pids }: Limits): readonly LimitName[] {
  return [
    memoryBytes === undefined ? [] : ['memory' as const],
    cpus === undefined ? [] : ['cpus' as const],
    pids === undefined ? [] : ['pids' as const],
  ].flat()
}

/** The limits of one instance. Its processes, and all they start, are in groups of its own. */
export function limiter(instance: string, limits: Limits, limiting: Limiting) {
  const wanted = namesIn(limits)
  const knobs = limiting.knobs.filter(({ name }) => wanted.includes(name))
  const groupOf = ({ folder }: Knob) => path.join(folder, `threeways-${instance}`)
  return {
    /** Makes its groups. @returns the command that runs `command` within them */
    prepare(command: readonly string[]): readonly string[] {
      if (limiting.by === 'systemd') return [...scope(instance, limits), ...command]
      for (const knob of knobs) {
        const group = groupOf(knob)
        mkdirSync(group, { recursive: true })
        for (const [file, text] of knob.write(limits))
          if (existsSync(path.join(group, file))) writeFileSync(path.join(group, file), text, { flag: 'r+' })
      }
      const groups = [...new Set(knobs.map(groupOf))].map((group) => path.join(group, 'cgroup.procs'))
      if (groups.length === 0) return command
      // It enters them itself, before it is the service: nothing it starts can be outside.
      const enter = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1" || exit 126; shift; n=$((n - 1)); done; exec "$@"'
      return ['/bin/sh', '-c', enter, 'limits', String(groups.length), ...groups, ...command]
    },

    /** How often the kernel ended a process of it because it had no memory left. */
    async memoryKills(): Promise<number> {
      const memory = limiting.knobs.find(({ name }) => name === 'memory')
      if (!memory) return 0
      const file = limiting.by === 'cgroup v2' ? 'memory.events' : 'memory.oom_control'
      const text = await readFile(path.join(groupOf(memory), file), 'utf8').catch(() => '')
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0)
    },

    /** What is written in its groups differs from this: somebody changed it. Undefined: nothing does, or they are not ours to see. */
    async changed(): Promise<{ readonly expected: string; readonly observed: string } | undefined> {
      for (const knob of knobs) {
        const [file, text] = knob.write(limits).at(knob.name === 'cpus' ? -1 : 0)!
        const at = path.join(groupOf(knob), file)
        // A group with a process in it cannot be removed: an earlier server made it, inside a group that was not ours.
        const observed = (await readFile(at, 'utf8').catch(() => undefined))?.trim()
        if (observed !== undefined && observed !== text && !isRounded(knob.name, text, observed))
          return { expected: `${file} ${text}`, observed: `${file} ${observed}` }
      }
      return undefined
    },

    /** Its processes have ended. The kernel takes a moment to notice. */
    async release(): Promise<void> {
      for (const group of new Set(limiting.knobs.map(groupOf))) {
        for (let wait = 1; existsSync(group) && wait < 300; wait *= 2) {
          if (
            await rmdir(group).then(
              () => true,
              () => false,
            )
          )
            break
          await sleep(wait)
        }
      }
    },
  }
}

/** The kernel keeps whole pages of memory. */
const isRounded = (name: LimitName, wanted: string, observed: string) =>
  name === 'memory' && Math.abs(Number(wanted) - Number(observed)) < 65_536

function scope(instance: string, { memoryBytes, cpus, pids }: Limits): readonly string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user']
  const set = (name: string, value: string | undefined) => (value === undefined ? [] : ['-p', `${name}=${value}`])
  return [
    'systemd-run',
    ...user,
    '--scope',
    '--quiet',
    '--collect',
    `--unit=threeways-${instance}`,
    ...set('MemoryMax', memoryBytes?.toString()),
    ...set('MemorySwapMax', memoryBytes === undefined ? undefined : '0'),
    ...set('CPUQuota', cpus === undefined ? undefined : `${Math.round(cpus * 100)}%`),
    ...set('TasksMax', pids?.toString()),
    '--',
  ]
}
