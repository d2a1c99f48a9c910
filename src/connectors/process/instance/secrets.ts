import { setTimeout as sleep } from 'node:timers/promises'
import { ThreewaysError } from '../../../kernel/errors.ts'
import type { Hidden } from '../../../kernel/scanning/forms.ts'
import { tellFinds } from '../../../kernel/scanning/scanned-log.ts'
import type { Desired, EnvironmentId, Service } from '../../../flow/environment/provider.port.ts'
import { fileVariables, namesOf, secretsInside, type SecretSource, type SecretValue } from '../../../flow/environment/secrets.port.ts'
import { secretsFolderOf } from '../isolation/sandbox.ts'
import { isOf, type EnvironmentState, type InstanceState } from '../state.ts'

/** Values as they were when they were last asked for. */
export type Handed = { readonly values: ReadonlyMap<string, SecretValue>; readonly hidden: readonly Hidden[] }

/** What one instance is given, and what comes of it. */
export type InstanceSecrets = {
  /**
   * Asked for at every start; while the store is away, as they were: a service that ended must not stay down for that. One that never had
   * them waits: it is not to blame.
   */
  handed(signal: AbortSignal): Promise<Handed>
  /** For what is run beside it: as it was started, also when a value was removed since. */
  standing(): Promise<Handed>
  /** It was about to write one. */
  leaked(secret: string): Promise<void>
}

/** So often a service's finds are looked at. */
const leaksMs = 500
/** The store itself is not to be reached or has no room, which passes. */
const away = /^LEDGER_(UNAVAILABLE|FULL)$/
/** And so often it is asked again. */
const awayMs = 250

const asked = ({ rendered: { definition, settings } }: Desired, service: string) =>
  [definition.name, settings, namesOf(definition.services[service]!.secrets)] as const

export function instanceSecrets(
  source: SecretSource,
  environment: EnvironmentId,
  { service, candidate }: InstanceState,
  desired: Desired,
  tell: (message: string) => void,
): InstanceSecrets {
  const stream = desired.rendered.definition.name
  let last: Handed | undefined
  return {
    async handed(signal) {
      for (let tries = 1; ; tries++) {
        try {
          return (last = { values: await source.values(...asked(desired, service)), hidden: await source.hidden(stream) })
        } catch (error) {
          if (!(error instanceof ThreewaysError) || error.kind !== 'unavailable') throw error
          if (last) return last
          if (!away.test(error.code)) throw error
          if (tries === 1) tell(`waits for the store of its secrets: ${error.message}`)
          await sleep(awayMs, undefined, { signal })
        }
      }
    },
    async standing() {
      const hidden = last?.hidden ?? (await source.hidden(stream))
      const values = last?.values ?? (await source.values(...asked(desired, service)).catch(() => new Map<string, SecretValue>()))
      return (last ??= { values, hidden })
    },
    async leaked(secret) {
      await source.leaked({ stream, secret, environment, candidate, program: service })
      tell(`was about to write the secret "${secret}" into its log`)
    },
  }
}

/** Variables that say where the files are, as the service's process calls them. */
export function whereSecretsAre(
  { isolation, provider }: InstanceState,
  { secrets }: Service,
  folder: string,
): Readonly<Record<string, string>> {
  return fileVariables(secrets, (isolation ?? provider) ? secretsInside : secretsFolderOf(folder))
}

/** Tells of finds until `signal`, and once more then. What cannot be told while the ledger is away is told later. */
export async function watchLeaks(logFile: string, { leaked }: Pick<InstanceSecrets, 'leaked'>, signal: AbortSignal): Promise<void> {
  for (let isLast = false; !isLast;) {
    isLast = signal.aborted
    await tellFinds(logFile, leaked).catch((error: unknown) => {
      if (isLast) throw error
    })
    if (!isLast) await sleep(leaksMs, undefined, { signal }).catch(() => {})
  }
}

/** Instances that were given another version of a secret than a start would give them now, and which. */
export async function outdated(source: SecretSource, { instances, deployments }: EnvironmentState): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const { id, service, secrets, ...key } of instances) {
    const desired = deployments.find((one) => isOf(key, one))
    if (secrets === undefined || desired?.rendered.definition.services[service] === undefined) continue
    const now = await source.versions(...asked(desired, service))
    const other = Object.entries(secrets).find(([name, version]) => now.has(name) && now.get(name) !== version)
    if (other) found.set(id, `it has version ${other[1]} of secret "${other[0]}", now it is ${now.get(other[0])}`)
  }
  return found
}
