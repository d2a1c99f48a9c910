import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { callProvider, endGraceMs } from '../../compose/call-provider.ts'
import { findProvider } from '../../compose/find-provider.ts'
import { noVariables, type Variables } from '../../compose/messages.ts'
import { metadataOf, optionsFor } from '../../compose/metadata.ts'
import type { EnvironmentId, Target } from '../../../flow/environment/provider.port.ts'
import { messageOf, unavailable } from '../../../kernel/errors.ts'
import { killMarked, stopTree } from '../../../kernel/process.ts'
import type { Environment } from '../environment.ts'
import type { ProvidedState } from '../state.ts'
import { entryOf, providedIn, unwantedProvided, wantedProvided, type WantedProvided } from './wanted.ts'

/** Clouds take their time; whoever does not want to wait takes the environment down. */
const callMsMax = 30 * 60_000
/** Every process of a call that may have been cut short carries it. */
const callMark = 'THREEWAYS_PROVIDER_CALL'

/** What of our variables a provider gets: where it finds programs, its user's settings and the engine of Docker. */
const passedOn = /^(PATH|HOME|TMPDIR|XDG_[A-Z_]+|DOCKER_[A-Z_]+)$/

export function providerVariables(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const own = Object.entries(env).filter(([name, value]) => value !== undefined && passedOn.test(name))
  return { ...(Object.fromEntries(own) as Record<string, string>), LANG: 'C.UTF-8' }
}

/**
 * Everything that deployments want of providers is there when this returns. Each is on record before it is asked for.
 * @throws ThreewaysError `PROVIDER_MISSING`, `PROVIDER_FAILED`, `PROVIDER_TIMED_OUT`
 */
export async function bringUpProvided(environment: Environment, wanted: readonly WantedProvided[], signal: AbortSignal): Promise<void> {
  const { state } = environment
  const calls = wanted.filter(({ why }) => why !== undefined)
  // One that is not here can owe nothing.
  for (const { name, type } of calls) programOf(type, name, 'up')
  const coming = calls.map(({ name, type, options }) => {
    const entry: ProvidedState = entryOf(state, { name, type }) ?? { name, type, options, phase: 'coming', variables: noVariables }
    Object.assign(entry, { options, phase: 'coming' })
    return entry
  })
  if (coming.length === 0) return
  state.provided = [...(state.provided ?? []).filter((entry) => !coming.includes(entry)), ...coming]
  await environment.save()
  const outcomes = await Promise.allSettled(coming.map((entry) => bringUp(environment, entry, signal)))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
}

async function bringUp(environment: Environment, entry: ProvidedState, signal: AbortSignal): Promise<void> {
  const subject = subjectOf(entry)
  environment.tell(subject, `asking ${entry.type}`)
  entry.variables = await call(environment, entry, 'up', signal)
  entry.phase = 'ready'
  await environment.save()
  environment.tell(subject, 'ready')
  for (const [service, { dependsOn, environment: own }] of servicesOf(environment)) {
    const taken = Object.entries(entry.variables.raw).filter(
      ([name, value]) => dependsOn[entry.name] && own[name] !== undefined && own[name] !== value,
    )
    for (const [name] of taken) environment.tell(subject, `overrides the variable ${name} of service ${service}`)
  }
}

const servicesOf = ({ state }: Environment) => state.deployments.flatMap(({ rendered }) => Object.entries(rendered.definition.services))

/** What was stopped is up again, as it was asked for last. */
export async function wakeProvided(environment: Environment, signal: AbortSignal): Promise<void> {
  const { state } = environment
  await bringUpProvided(environment, wantedProvided({ ...state }, state), signal)
}

/** Those that can be stopped are. One that cannot, or fails, goes on: a sleep is no reason to lose anything. */
export async function stopProvided(environment: Environment, signal: AbortSignal): Promise<void> {
  const entries = (environment.state.provided ?? []).filter(({ phase }) => phase === 'ready')
  for (const entry of entries) entry.phase = 'stopped'
  if (entries.length > 0) await environment.save()
  await Promise.all(
    entries.map((entry) =>
      call(environment, entry, 'stop', signal).catch((error: unknown) => environment.tell(subjectOf(entry), messageOf(error))),
    ),
  )
}

/** What nobody wants any more is given back. What cannot be now is owed, and asked for again with the next change. */
export async function dropUnwanted(environment: Environment, target: Target, signal: AbortSignal): Promise<void> {
  await Promise.all(
    unwantedProvided(target, environment.state).map((entry) =>
      drop(environment, entry, signal).catch((error: unknown) => {
        environment.tell(subjectOf(entry), `is still owed its end: ${messageOf(error)}`)
      }),
    ),
  )
}

/** @throws as `bringUpProvided`: of one that cannot be given back something may be left, so it stays on record */
export async function dropProvided(environment: Environment, signal: AbortSignal): Promise<void> {
  const outcomes = await Promise.allSettled((environment.state.provided ?? []).map((entry) => drop(environment, entry, signal)))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
}

async function drop(environment: Environment, entry: ProvidedState, signal: AbortSignal): Promise<void> {
  const { state } = environment
  // Whoever finds it does not take it for something that is there.
  entry.phase = 'coming'
  await call(environment, entry, 'down', signal)
  state.provided = state.provided!.filter((other) => other !== entry)
  await environment.save()
  environment.tell(subjectOf(entry), 'is given back')
}

const subjectOf = ({ name }: ProvidedState) => `provided ${name}`

async function call(
  environment: Environment,
  entry: ProvidedState,
  command: 'up' | 'down' | 'stop',
  signal: AbortSignal,
): Promise<Variables> {
  const { home, state } = environment
  const { name, type, options } = entry
  await endInterrupted(entry)
  const program = programOf(type, name, command)
  const env = providerVariables(process.env)
  const metadata = await metadataOf(program, env)
  if (command === 'stop' && metadata?.stop === undefined) return noVariables
  entry.call = { mark: randomUUID() }
  await environment.save()
  try {
    return await callProvider({
      type,
      program,
      command,
      project: projectOf(home.homeId, state.environment),
      service: name,
      options: optionsFor(command, options, metadata),
      cwd: folderFor(environment, entry),
      env: { ...env, [callMark]: entry.call.mark },
      timeoutMs: callMsMax,
      signal,
      known: entry.variables,
      began: async (process) => {
        entry.call!.process = process
        await environment.save()
      },
      told: (message) => environment.tell(subjectOf(entry), message),
    })
  } finally {
    delete entry.call
    await environment.save()
  }
}

/** A server that was killed left its call under way: nobody hears it any more, and two at once would get in each other's way. */
async function endInterrupted(entry: ProvidedState): Promise<void> {
  if (entry.call === undefined) return
  const { mark, process } = entry.call
  if (process) await stopTree(process, undefined, { signal: 'SIGTERM', graceMs: endGraceMs })
  // Killed before it was noted: it has only just begun, and nothing of it is to live on.
  else await killMarked(callMark, mark)
}

/** The repository's files, where there are any: an option may name one of them. */
function folderFor({ state, home }: Environment, entry: ProvidedState): string {
  const desired = state.deployments.find((one) => providedIn(one).some(({ name, type }) => name === entry.name && type === entry.type))
  const folder = desired?.source ?? desired?.artifact
  return folder !== undefined && existsSync(folder) ? folder : home.store.folderOf(state.environment)
}

/** Names everything of an environment for a provider: the same for as long as that lives, and nobody else's. */
function projectOf(homeId: string, environment: EnvironmentId): string {
  const hash = createHash('sha256').update(`${homeId} ${environment}`).digest('hex').slice(0, 8)
  return `${environment
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '-')
    .slice(0, 60)}-${hash}`
}

function programOf(type: string, name: string, command: string): string {
  const program = findProvider(type, process.env)
  if (program !== undefined) return program
  throw unavailable('PROVIDER_MISSING', {
    message: `"${name}" is provided by "${type}", which is not here: its ${command} could not be asked for`,
    help: `install it: the program ${type} on the PATH of the server, or the plugin docker-${type} of Docker; then try again`,
  })
}
