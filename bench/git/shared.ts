import { createReadStream, existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { makeRepository, sharedCommits } from './repositories.ts'

/** The deployments of an estate and the repositories of two of its services, as files. */
export type SharedHistory = {
  readonly table: string
  /** Bare repositories by service. */
  readonly repositories: ReadonlyMap<string, string>
  /** The commits' new names by their old ones. */
  readonly names: ReadonlyMap<string, string>
}

export const sharedServices = ['finder-frontend', 'asset-manager'] as const

/**
 * Writes them into a folder. The commits are made anew and have other names: so have those in the table.
 * @returns undefined when the data is not there
 */
export async function makeSharedHistory(data: string, folder: string): Promise<SharedHistory | undefined> {
  const packed = path.join(data, 'govuk-deployments.csv.gz')
  if (!existsSync(packed)) return undefined
  const names = new Map<string, string>()
  const repositories = new Map<string, string>()
  for (const service of sharedServices) {
    const commits = await sharedCommits(data, service)
    if (commits === undefined) return undefined
    const place = path.join(folder, `${service}.git`)
    for (const [old, sha] of await makeRepository(place, commits)) names.set(old, sha)
    repositories.set(service, place)
  }
  const lines: string[] = []
  for await (const line of createInterface({ input: createReadStream(packed).pipe(createGunzip()) }))
    lines.push(line.replaceAll(/[0-9a-f]{40}/g, (sha) => names.get(sha) ?? sha))
  const table = path.join(folder, 'deployments.csv')
  await writeFile(table, `${lines.join('\n')}\n`)
  return { table, repositories, names }
}
