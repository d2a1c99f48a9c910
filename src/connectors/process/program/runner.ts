import type { Detached } from '../../../kernel/detached.ts'
import { unavailable } from '../../../kernel/errors.ts'
import type { Ran, StopOptions } from '../../../kernel/process.ts'
import type { Hidden } from '../../../kernel/scanning/forms.ts'
import type { Desired, EnvironmentId, Limits as ServiceLimits, Service } from '../../../flow/environment/provider.port.ts'
import type { ReadBack } from './running.ts'
import type { World } from '../isolation/sandbox.ts'
import type { InstanceState } from '../state.ts'

/** Leads to what runs an instance's program, over restarts of ours: a process of this machine, or a container's. */
export type Running = Detached & { readonly container?: string }

/** Where an instance's program is to run, and as what. */
export type Place = {
  readonly environment: EnvironmentId
  readonly instance: InstanceState
  readonly desired: Desired
  readonly service: Service
  /** Ours alone: its log, its exit codes. */
  readonly folder: string
  /** The artifact's folder for this service, as this machine calls it. */
  readonly cwd: string
  readonly variables: Readonly<Record<string, string>>
  /** Those that hold the value of a secret. */
  readonly secretVariables: Readonly<Record<string, string>>
  readonly world: World | undefined
  /** Never reaches `logFile`, in any form. */
  readonly hide: readonly Hidden[]
  readonly logFile: string
  readonly exitFile: string
}

export type Limits = { readonly timeoutMs: number; readonly outputBytesMax?: number; readonly signal?: AbortSignal }

/** Gives one instance's program a place to run; what is to run, and what follows from its end, others decide. */
export type Runner = {
  /** What takes long and can fail, before anything that serves is touched. */
  prepare(desired: Desired, tell: (subject: string, message: string) => void, signal: AbortSignal): Promise<void>
  /** What it writes goes to the end of `logFile`. @throws when it cannot be started; then nothing of it runs */
  start(place: Place): Promise<Running>
  isAlive(running: Running): Promise<boolean>
  /** false: it is there, and what surrounds its program is still being made. */
  hasBegun(instance: InstanceState): Promise<boolean>
  /** Resolves when it no longer runs; also of one that an earlier server started. @returns its exit code, undefined when nobody knows */
  ended(running: Running, signal: AbortSignal): Promise<number | undefined>
  /** Nothing that carries the instance's mark lives when this returns; safe to repeat. `running` null: it may never have been. */
  stop(running: Running | null, instance: string, how: StopOptions): Promise<'graceful' | 'killed'>
  /** The same without asking it. */
  endMarked(instance: string): Promise<void>
  /** How often the kernel ended a process of it because it had no memory left; absent: nobody knows. */
  memoryKills?(instance: string): Promise<number>
  /** Limits of a running instance that somebody changed. */
  limitsChanged?(instance: string, limits: ServiceLimits): Promise<{ readonly expected: string; readonly observed: string } | undefined>
  /** Nothing of it lives: what kept its limits goes as well. */
  release?(instance: string): Promise<void>
  /** Runs a command to its end where the instance runs. @throws ThreewaysError `SERVICE_NOT_RUNNING` where there has to be a place */
  run(place: Place, command: readonly string[], limits: Limits): Promise<Ran>
  readBack(instance: InstanceState, desired: Desired, freshly: boolean): Promise<ReadBack>
  /** Ends what belongs to this home and to no instance anybody knows of. @returns how many */
  endOrphans(isKnown: (instance: string) => boolean, environment?: EnvironmentId): Promise<number>
  /** What was prepared for others than these is not kept for ever. */
  tidy(needed: readonly Desired[]): Promise<void>
}

/** Where nothing can run. What ran there once is taken for ended. */
export function absentRunner(why: string): Runner {
  const fail = async (): Promise<never> => {
    throw unavailable('ENGINE_UNAVAILABLE', {
      message: `containers cannot be had here: ${why}`,
      help: 'start Docker or Podman, or name the socket of its API in DOCKER_HOST',
    })
  }
  return {
    prepare: fail,
    start: fail,
    isAlive: async () => false,
    hasBegun: async () => true,
    ended: async () => undefined,
    stop: async () => 'graceful',
    endMarked: async () => {},
    run: fail,
    readBack: async () => ({ pid: undefined, running: undefined, problem: why }),
    endOrphans: async () => 0,
    tidy: async () => {},
  }
}
