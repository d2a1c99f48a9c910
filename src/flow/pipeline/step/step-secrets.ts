import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Hidden } from '../../../kernel/scanning/forms.ts'
import { tellFinds } from '../../../kernel/scanning/scanned-log.ts'
import type { SecretUse } from '../../definition/definition.ts'
import { fileVariables, namesOf, placeSecrets, valueVariables } from '../../environment/secrets.port.ts'
import type { Execution } from '../execution.ts'
import type { RunRow } from '../tables.ts'

/** What a command of a step is given, and what it may not write into its log. */
export type Given = { readonly variables: Readonly<Record<string, string>>; readonly hide: readonly Hidden[] }

export type Asking = {
  readonly kind: 'build' | 'check'
  readonly program: string
  readonly uses: readonly SecretUse[] | undefined
  /** Key of the definition's `environments`; empty: of none. */
  readonly settings: string
}

/** A build belongs to no environment. */
export function buildAsking({ definition }: Pick<RunRow, 'definition'>, command: readonly string[]): Asking {
  return { kind: 'build', program: command.join(' '), uses: definition.artifact.secrets, settings: '' }
}

/**
 * Runs a command with its secrets in files of the attempt's folder, which are gone when it has ended, and puts on the ledger what
 * it was about to tell. @throws ThreewaysError `SECRET_MISSING`
 */
export async function withSecrets<T>(execution: Execution, folder: string, asking: Asking, work: (given: Given) => Promise<T>): Promise<T> {
  const { run, secrets } = execution
  const { kind, program, uses, settings } = asking
  const place = path.join(folder, 'secrets')
  const values = await secrets.values(run.stream, settings, namesOf(uses))
  const hide = await secrets.hidden(run.stream)
  try {
    await placeSecrets(place, uses, values)
    return await work({ variables: { ...fileVariables(uses, place), ...valueVariables(uses, values) }, hide })
  } finally {
    await rm(place, { recursive: true, force: true })
    const about = {
      stream: run.stream,
      kind,
      program,
      run: run.id,
      author: run.author,
      ...(run.candidate === null ? {} : { candidate: run.candidate }),
    }
    await tellFinds(path.join(folder, 'log'), (secret) => secrets.leaked({ ...about, secret }))
  }
}
