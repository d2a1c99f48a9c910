import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { SecretUse } from '../definition/definition.ts'
import { fileVariable } from '../definition/secret-use.ts'
import type { SecretValue } from './secrets.port.ts'

/** Where an isolated program finds its secrets, as in a container. */
export const secretsInside = '/run/secrets'

export const namesOf = (uses: readonly SecretUse[] = []): readonly string[] => [...new Set(uses.map(({ source }) => source))]

/** Variables that say where the files are; they hold no value. */
export function fileVariables(uses: readonly SecretUse[] = [], folder: string): Readonly<Record<string, string>> {
  const files = uses.filter(({ variable }) => variable === undefined)
  return Object.fromEntries(files.map((use) => [fileVariable(use), path.join(folder, use.target ?? use.source)]))
}

/** Variables that hold a value, where the definition asks for such. */
export function valueVariables(
  uses: readonly SecretUse[] = [],
  values: ReadonlyMap<string, SecretValue>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    uses.flatMap(({ source, variable }) => {
      const given = values.get(source)
      return variable === undefined || given === undefined ? [] : [[variable, given.value.toString()]]
    }),
  )
}

/**
 * Puts the files into a folder of their own, in the place of those that were there.
 * @param readers - `all`: whoever can reach the folder; to keep them from it is the caller's. A `mode` in the definition holds in any case
 */
export async function placeSecrets(
  folder: string,
  uses: readonly SecretUse[] = [],
  values: ReadonlyMap<string, SecretValue>,
  readers: 'owner' | 'all' = 'owner',
): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  if (uses.length === 0) return
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const usual = readers === 'all' ? 0o444 : 0o400
  for (const { source, target, mode = usual, variable } of uses) {
    if (variable !== undefined) continue
    const file = path.join(folder, target ?? source)
    await writeFile(file, values.get(source)!.value, { mode: 0o400, flag: 'wx' })
    if (mode !== 0o400) await chmod(file, mode)
  }
  // Last: whoever can look into it finds all of them.
  if (readers === 'all') await chmod(folder, 0o755)
}
