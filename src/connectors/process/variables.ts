import type { Digest } from '../../kernel/digest.ts'
import type { EnvironmentId, Service } from '../../flow/environment/provider.port.ts'

/** Names every process of an environment carries, and by which it is found again. */
export const marks = {
  home: 'THREEWAYS_HOME_ID',
  instance: 'THREEWAYS_INSTANCE',
  environment: 'THREEWAYS_ENVIRONMENT',
  candidate: 'THREEWAYS_CANDIDATE',
} as const

/** `my-api` and `URL` make `MY_API_URL`. */
export function variableName(name: string, what: string): string {
  return `${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_${what}`
}

/** What {@link processVariables} sets for a resource. */
export const resourceVariables = ['URL', 'HOST', 'PORT', 'USER', 'PASSWORD', 'NAME'] as const

export type VariablesOf = {
  readonly home: string
  readonly instance: string
  readonly environment: EnvironmentId
  readonly candidate: Digest
  readonly service: Service
  readonly port: number | null
  /** As the process calls it. */
  readonly temporaryFolder: string
  /** @defaultValue the server's own */
  readonly homeFolder?: string
  /** Of the resources and services it depends on, and of the files with its secrets. */
  readonly addresses: Readonly<Record<string, string>>
  /** The server's own; only `PATH` and `HOME` are taken from it. */
  readonly own: Readonly<Record<string, string | undefined>>
}

/** The whole environment of a service's process. What it needs to be found again cannot be overridden by its definition. */
export function processVariables(from: VariablesOf): Readonly<Record<string, string>> {
  return {
    PATH: from.own['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: from.homeFolder ?? from.own['HOME'] ?? '/',
    // The same on every machine: how text sorts and prints must not differ from stage to stage.
    LANG: 'C.UTF-8',
    ...from.service.environment,
    ...from.addresses,
    ...(from.port === null ? {} : { PORT: String(from.port) }),
    TMPDIR: from.temporaryFolder,
    [marks.home]: from.home,
    [marks.instance]: from.instance,
    [marks.environment]: from.environment,
    [marks.candidate]: from.candidate,
  }
}
