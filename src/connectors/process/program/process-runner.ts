import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { ended, launch, logged } from '../../../kernel/detached.ts'
import type { Digest } from '../../../kernel/digest.ts'
import { conflict, hasCode, unavailable } from '../../../kernel/errors.ts'
import { isAlive, killMarked, run, stopTree } from '../../../kernel/process.ts'
import { limiter, type Limiting } from './limits.ts'
import { endOrphans } from './orphans.ts'
import type { Place, Runner } from './runner.ts'
import { hasBegun, runningReader, servicePidOf } from './running.ts'
import { heldForService, homeOf, inside, sandboxed, socketFolderOf, temporaryOf } from '../isolation/sandbox.ts'
import { marks } from '../variables.ts'

/** Programs as processes of this machine: plain, or in a world of their own by bubblewrap. */
export function processRunner(homeId: string, digestOfTree: (folder: string) => Promise<Digest>, limiting: () => Limiting): Runner {
  const release = (instance: string) => limiter(instance, {}, limiting()).release()
  return {
    prepare: async () => {},

    async start(place) {
      const { service, world, cwd, logFile, exitFile, hide } = place
      const variables = allVariables(place)
      await makeFolders(place)
      const inner = world ? sandboxed(world, service.command) : service.command
      const command = service.limits ? limiter(place.instance.id, service.limits, limiting()).prepare(inner) : inner
      try {
        return await launch({ command, cwd, env: world ? heldForService(variables) : variables, logFile, exitFile, hide })
      } catch (error) {
        throw hasCode(error, 'ENOENT') && !existsSync(cwd) ? folderMissing(cwd, error) : error
      }
    },

    isAlive: ({ identity }) => isAlive(identity),
    hasBegun,

    async ended(running, signal) {
      const end = await ended(running, signal, 200)
      return end.state === 'ended' ? end.code : undefined
    },

    async stop(running, instance, how) {
      if (running) {
        const outcome = await stopTree(running.identity, { name: marks.instance, value: instance }, how)
        await logged(running)
        return outcome
      }
      await killMarked(marks.instance, instance)
      return 'graceful'
    },

    async endMarked(instance) {
      await killMarked(marks.instance, instance)
    },

    memoryKills: (instance) => limiter(instance, {}, limiting()).memoryKills(),
    limitsChanged: (instance, limits) => limiter(instance, limits, limiting()).changed(),
    release,

    async run(place, command, limits) {
      const { instance, cwd } = place
      const [program, ...args] = await commandInside(instance, cwd, command)
      return run(program!, args, { cwd, env: allVariables(place), ...limits })
    },

    readBack: runningReader(digestOfTree),
    endOrphans: (isKnown, environment) => endOrphans(homeId, isKnown, environment, release),
    tidy: async () => {},
  }
}

const allVariables = ({ variables, secretVariables }: Place) => ({ ...variables, ...secretVariables })

async function makeFolders({ folder, world }: Place): Promise<void> {
  const own = world ? [homeOf(folder), socketFolderOf(folder), ...world.reaches.map((reach) => reach.folder)] : []
  for (const each of [temporaryOf(folder), ...own]) await mkdir(each, { recursive: true, mode: 0o700 })
}

/** A command as it has to be run to run where the service does. */
async function commandInside(instance: Place['instance'], cwd: string, command: readonly string[]): Promise<readonly string[]> {
  const { isolation, process } = instance
  if (!isolation) return command
  if (!process || !(await isAlive(process.identity))) throw notRunning(instance.service, 'it is isolated')
  return inside(await servicePidOf(instance), isolation.network, cwd, command)
}

export function notRunning(service: string, why: string) {
  return conflict('SERVICE_NOT_RUNNING', {
    message: `service "${service}" does not run, and ${why}: there is no place to run a command in`,
    help: 'see why with `threeways env logs`',
  })
}

const folderMissing = (folder: string, cause: unknown) =>
  unavailable('FOLDER_MISSING', { message: `its folder ${folder} is not there`, cause })
