import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { githubStatus } from '../connectors/commit-status/github.ts'
import { gitlabStatus } from '../connectors/commit-status/gitlab.ts'
import type { StatusTarget } from '../flow/commit-status/commit-status.port.ts'
import { hasCode, invalid, messageOf } from '../kernel/errors.ts'

export const statusFile = 'commit-status.json'

const http = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''))
const Target = z
  .strictObject({
    kind: z.enum(['github', 'gitlab']),
    repository: z.string().regex(/^[\w.-]+(\/[\w.-]+)*$/),
    streams: z.array(z.string().min(1)).min(1),
    api: http.optional(),
    tokenEnv: z.string().min(1).optional(),
    tokenFile: z.string().min(1).optional(),
    page: http.optional(),
  })
  .refine(({ tokenEnv, tokenFile }) => (tokenEnv === undefined) !== (tokenFile === undefined), 'name tokenEnv or tokenFile, one of them')
  .refine(({ kind, repository }) => kind !== 'github' || repository.split('/').length === 2, 'a repository of GitHub is owner/name')
const Settings = z.strictObject({ targets: z.array(Target).max(50) })

const usualApi = { github: 'https://api.github.com', gitlab: 'https://gitlab.com/api/v4' } as const

/**
 * Reads `commit-status.json` of a data folder; without one nobody is told anything. Tokens stand in the environment or in files
 * beside it, and go nowhere but to their host.
 * @throws ThreewaysError `STATUS_SETTINGS_INVALID`
 */
export async function readStatusTargets(folder: string, env: NodeJS.ProcessEnv): Promise<readonly StatusTarget[]> {
  const file = path.join(folder, statusFile)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw unusable(file, messageOf(error))
  })
  if (text === undefined) return []
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw unusable(file, messageOf(error))
  }
  const read = Settings.safeParse(json)
  if (!read.success)
    throw unusable(file, read.error.issues.map(({ path: at, message }) => `/${at.map(String).join('/')}: ${message}`).join('; '))
  const names = read.data.targets.map(({ kind, repository, api }) => nameOf(kind, repository, api))
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined) throw unusable(file, `${twice} is there twice: name all its streams in one`)
  return Promise.all(
    read.data.targets.map(async ({ kind, repository, streams, api = usualApi[kind], page, tokenEnv, tokenFile }): Promise<StatusTarget> => {
      const name = nameOf(kind, repository, api)
      const told = tokenEnv === undefined ? await readFile(path.resolve(folder, tokenFile!), 'utf8').catch(() => '') : (env[tokenEnv] ?? '')
      const token = told.trim()
      if (!/^[\x21-\x7e]+$/.test(token))
        throw unusable(
          file,
          `${name}: there is no token in ${tokenEnv === undefined ? `the file "${tokenFile}"` : `the variable ${tokenEnv}`}`,
        )
      const tell = kind === 'github' ? githubStatus({ api, token }, repository) : gitlabStatus({ api, token }, repository)
      return { name, streams, page, tell }
    }),
  )
}

/** Another host may have a repository of the same name. */
const nameOf = (kind: keyof typeof usualApi, repository: string, api: string = usualApi[kind]) =>
  `${kind} ${repository}${api === usualApi[kind] ? '' : ` at ${api}`}`

const unusable = (file: string, why: string) =>
  invalid('STATUS_SETTINGS_INVALID', { message: `"${file}": ${why}`, help: 'docs/line.md shows one; without the file nobody is told' })
